"""Several processes on one port: whoever answers, it is the same dashboard."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from services.contract.topics import LIVE, Topics
from services.gateway.workers import Workers, open_gateway
from services.runtime.mqtt import BrokerAddress, Link
from tests.integration.gateway.conftest import eventually, make_frame, make_settings, running
from tests.integration.gateway.http import BASIC, Browser, LongAnswer


@pytest.fixture
def gateway(tmp_path: Path, address: BrokerAddress) -> Workers:
    own = {"workers": 2, "session_key": ""}
    settings = make_settings(tmp_path, gateway=own, state_dir=str(tmp_path / "state"))
    gateway = open_gateway(settings, address)
    assert isinstance(gateway, Workers)
    return gateway


@pytest.fixture
def camera(gateway: Workers, address: BrokerAddress) -> Iterator[Link]:
    link = Link(address, f"{gateway._settings.mqtt.prefix}-camera")
    with running(link.run):
        yield link


def test_all_of_them_show_the_same_camera_and_say_who_watches(gateway: Workers, camera: Link) -> None:
    topics = Topics(gateway._settings.mqtt.prefix)
    wanted: dict[str, bytes] = {}
    camera.subscribe(topics.want("door", "+"), lambda said: wanted.update({said.topic: said.payload}))
    with running(gateway.run), ExitStack() as viewers:
        eventually(lambda: gateway.port and not gateway.problems(), "they run")
        streams = [viewers.enter_context(LongAnswer(gateway.port, "/stream.jpg")) for _ in range(16)]
        ours = [topics.want("door", f"gateway-{slot}") for slot in (1, 2)]
        eventually(lambda: [wanted.get(topic) for topic in ours] == [b"ON", b"ON"], "both are asked")
        eventually(lambda: gateway.account()["door"].model_dump()["viewers"] == 16, "all are counted")
        sent = [make_frame("door", 1), make_frame("door", 2)]
        for jpeg in sent:
            camera.flash(topics.frames("door", LIVE), jpeg)
        for stream in streams:
            assert any(part.jpeg == sent[-1] for part in stream.parts())
    eventually(lambda: [wanted.get(topic) for topic in ours] == [b"OFF", b"OFF"], "nobody watches")


def test_a_login_counts_whoever_answers_and_so_does_its_end(gateway: Workers, camera: Link) -> None:
    with running(gateway.run):
        eventually(lambda: gateway.port and not gateway.problems(), "they run")
        browser, again = Browser(gateway.port), Browser(gateway.port)
        assert browser.log_in().status == 303
        again.headers.update(browser.headers)
        assert {again.get("/api/cameras").status for _ in range(12)} == {200}
        token = browser.csrf()
        assert browser.post("/logout", {"csrf": token}).status == 303
        assert {again.get("/api/cameras").status for _ in range(12)} == {401}


def test_where_one_dies_all_end_and_say_so(gateway: Workers, camera: Link) -> None:
    raised: list[BaseException] = []

    def run() -> None:
        try:
            gateway.run(threading.Event())
        except RuntimeError as error:
            raised.append(error)

    life = threading.Thread(target=run)
    life.start()
    eventually(lambda: gateway.port, "they run")
    assert Browser(gateway.port).get("/api/cameras", BASIC).status == 200
    (worker,) = gateway._others.values()
    os.kill(worker._process.pid or 0, signal.SIGKILL)
    life.join(10)
    assert [str(error) for error in raised] == ["a worker of the gateway has died; its log says why"]
    assert gateway.port == 0
