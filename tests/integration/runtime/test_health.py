"""`/livez`, `/healthz` and `/metrics` say how a process is, on a port of their own."""

import json
import socket
import struct
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest

from services.contract.status import ArchiverStats
from services.runtime.errors import UserError
from services.runtime.health import HealthServer
from services.runtime.metrics import registry
from tests.integration.runtime.links import eventually

STATS = ArchiverStats(
    time=datetime.now(UTC), stored=7, stored_bytes=1, events=1, failed=0, missing=0, unusable=0, waiting=0,
    spooled=0, in_spool=0,
)  # fmt: skip


def get(port: int, path: str, host: str = "127.0.0.1") -> tuple[int, str, str]:
    """Status, content type and body."""
    try:
        with urllib.request.urlopen(f"http://{host}:{port}{path}", timeout=5) as answer:
            return answer.status, answer.headers["Content-Type"], answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers["Content-Type"], error.read().decode()


@contextmanager
def serving(problems: list[str], listen: str = "127.0.0.1:0") -> Iterator[int]:
    server = HealthServer(listen, lambda: problems, registry({"archiver": lambda: {"door": STATS}}))
    server.open()
    stop = threading.Event()
    thread = threading.Thread(target=server.run, args=(stop,))
    thread.start()
    try:
        yield server.port
    finally:
        stop.set()
        thread.join(5)
        assert not thread.is_alive()


def test_a_service_that_is_ready_says_so() -> None:
    with serving([]) as port:
        assert get(port, "/livez") == (200, "text/plain", "alive\n")
        status, kind, body = get(port, "/healthz")
    assert (status, kind, json.loads(body)) == (200, "application/json", {"ready": True, "problems": []})


def test_what_is_missing_makes_it_unready_but_is_no_reason_to_restart() -> None:
    problems = ["the broker mqtt://b:1883 cannot be reached: connection refused"]
    with serving(problems) as port:
        status, _, body = get(port, "/healthz")
        assert (status, json.loads(body)) == (503, {"ready": False, "problems": problems})
        assert get(port, "/livez")[0] == 200
        problems.clear()
        assert get(port, "/healthz")[0] == 200


def test_metrics_are_the_accounts_of_the_services() -> None:
    with serving([]) as port:
        status, kind, body = get(port, "/metrics")
    assert status == 200
    assert kind.startswith("text/plain")
    assert 'nightjar_archiver_stored_total{camera="door"} 7.0\n' in body


def test_anything_else_is_not_found() -> None:
    with serving([]) as port:
        assert get(port, "/") == (404, "text/plain", "there are /livez, /healthz and /metrics\n")


def test_a_port_that_is_taken_names_the_setting() -> None:
    with serving([]) as port, pytest.raises(UserError) as caught:
        HealthServer(f"127.0.0.1:{port}", list, registry({})).open()
    assert str(caught.value) == (
        f"cannot listen on 127.0.0.1:{port} for health and metrics (address already in use): "
        "set health.listen (NIGHTJAR_HEALTH__LISTEN) to another address"
    )


def test_it_listens_on_ipv6_too() -> None:
    try:
        with serving([], "[::1]:0") as port:
            assert get(port, "/livez", "[::1]")[0] == 200
    except UserError as error:
        pytest.skip(f"no IPv6 here: {error}")


def test_who_asks_while_another_is_silent_is_answered() -> None:
    import socket

    with serving([]) as port, socket.create_connection(("127.0.0.1", port)):
        eventually(lambda: get(port, "/livez")[0] == 200)


def test_who_does_not_wait_for_the_answer_is_no_news(capfd: pytest.CaptureFixture[str]) -> None:
    with serving([]) as port:
        with socket.create_connection(("127.0.0.1", port)) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            probe.sendall(b"GET /metrics HTTP/1.0\r\n\r\n")
        assert get(port, "/livez")[0] == 200
    assert capfd.readouterr().err == ""
