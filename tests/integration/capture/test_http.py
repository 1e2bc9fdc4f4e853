"""Motion JPEG from a server that behaves as cameras do: badly."""

import base64
import hashlib
import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import islice

import pytest

from services.capture.cameras import CameraLost, CameraMisconfigured, CameraOptions, Edits, open_camera
from tests.integration.capture.mjpeg_server import MULTIPART, Connection, serving
from tests.unit.capture.cameras.pictures import decode, jpeg, without_tables

FRAMES = [jpeg(seed) for seed in range(6)]
QUICK = CameraOptions(connect_timeout_s=0.5, stall_timeout_s=0.5)


def take(url: str, count: int, options: CameraOptions = QUICK) -> list[bytes]:
    camera = open_camera(url, options)
    return [picture.jpeg for picture in islice(camera.pictures(threading.Event()), count)]


def failure(url: str, error: type[Exception], options: CameraOptions = QUICK) -> str:
    with pytest.raises(error) as raised:
        take(url, 1000, options)
    return str(raised.value)


def stream(connection: Connection) -> None:
    connection.send(MULTIPART)
    for frame in FRAMES:
        connection.part(frame)
    connection.hang()


def test_pictures_pass_through_byte_for_byte() -> None:
    with serving(stream) as server:
        assert take(server.url("/live?a=b"), 6) == FRAMES
        assert server.requests[0].startswith("GET /live?a=b HTTP/1.1\r\nHost: 127.0.0.1:")


def test_a_camera_that_changes_its_size_in_mid_stream_goes_on() -> None:
    sizes = [(320, 240), (320, 240), (640, 480), (160, 120)]
    pictures = [jpeg(seed, width, height) for seed, (width, height) in enumerate(sizes)]

    def answer(connection: Connection) -> None:
        connection.send(MULTIPART)
        for picture in pictures:
            connection.part(picture)
        connection.hang()

    with serving(answer) as server:
        assert take(server.url(), 4) == pictures
        half = CameraOptions(stall_timeout_s=0.4, edits=Edits(crop=(0, 0, 0.5, 1)))
        edited = [decode(each).shape[:2] for each in take(server.url(), 4, half)]
        assert edited == [(height, width // 2) for width, height in sizes]


def test_chunked_answers_are_unpacked() -> None:
    def answer(connection: Connection) -> None:
        connection.send(MULTIPART.replace(b"\r\n\r\n", b"\r\nTransfer-Encoding: chunked\r\n\r\n"))
        body = b"".join(b"--b\r\n\r\n" + frame for frame in FRAMES)
        for at in range(0, len(body), 700):
            part = body[at : at + 700]
            connection.send(b"%x\r\n" % len(part), part, b"\r\n")
        connection.hang()

    with serving(answer) as server:
        assert take(server.url(), 6) == FRAMES


def test_missing_huffman_tables_are_put_in() -> None:
    def answer(connection: Connection) -> None:
        connection.send(MULTIPART)
        connection.part(without_tables(FRAMES[0]))
        connection.hang()

    with serving(answer) as server:
        [picture] = take(server.url(), 1)
    assert without_tables(picture) == without_tables(FRAMES[0]) != picture


def test_a_camera_that_closes_after_each_picture_is_asked_again_at_once() -> None:
    def answer(connection: Connection) -> None:
        connection.send(MULTIPART)
        connection.part(FRAMES[len(server.requests) % 6])

    with serving(answer) as server:
        began = time.monotonic()
        assert take(server.url(), 5) == [FRAMES[n % 6] for n in range(1, 6)]
        assert time.monotonic() - began < 1.0


def test_half_a_picture_is_left_out_and_counted() -> None:
    def answer(connection: Connection) -> None:
        connection.send(MULTIPART)
        connection.part(FRAMES[0])
        connection.part(FRAMES[1][: len(FRAMES[1]) // 2])
        connection.part(FRAMES[2])
        connection.hang()

    with serving(answer) as server:
        camera = open_camera(server.url(), QUICK)
        pictures = camera.pictures(threading.Event())
        assert [next(pictures).jpeg, next(pictures).jpeg] == [FRAMES[0], FRAMES[2]]
        assert camera.skipped == 1


def test_a_camera_that_closes_without_a_picture_is_lost() -> None:
    with serving(lambda connection: connection.send(MULTIPART, b"--b\r\n")) as server:
        assert failure(server.url(), CameraLost) == "127.0.0.1 closes the connection without a picture"


def test_a_camera_that_stalls_is_lost() -> None:
    def answer(connection: Connection) -> None:
        connection.send(MULTIPART)
        connection.part(FRAMES[0])
        connection.send(b"--b\r\n")
        connection.hang()

    with serving(answer) as server:
        began = time.monotonic()
        assert failure(server.url(), CameraLost) == f"nothing came from 127.0.0.1:{server.port} for 0.5 s"
        assert time.monotonic() - began < 1.5


def test_a_camera_that_sends_anything_but_pictures_is_lost() -> None:
    def answer(connection: Connection) -> None:
        connection.send(MULTIPART)
        while not connection.closing.wait(0.05):
            connection.send(b"--b\r\n\r\nno picture\r\n")

    with serving(answer) as server:
        began = time.monotonic()
        assert failure(server.url(), CameraLost) == "127.0.0.1 sends data, but no JPEG among it"
        assert time.monotonic() - began < 1.5


def test_a_camera_that_never_answers_is_lost() -> None:
    with serving(Connection.hang) as server:
        assert failure(server.url(), CameraLost) == f"nothing came from 127.0.0.1:{server.port} for 0.5 s"


def test_something_else_on_the_port_is_lost() -> None:
    with serving(lambda connection: connection.send(b"SSH-2.0-x\r\n\r\n")) as server:
        assert failure(server.url(), CameraLost) == "127.0.0.1 does not speak HTTP: the answer is none"


def test_a_closed_port_is_lost() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    assert failure(f"http://127.0.0.1:{port}/", CameraLost) == f"127.0.0.1:{port} refuses the connection"


def test_an_unknown_host_is_lost() -> None:
    assert failure("http://no-such-camera.invalid/", CameraLost) == (
        'the host "no-such-camera.invalid" is not known'
    )


def test_a_web_page_instead_of_a_stream_is_said_to_be_so() -> None:
    with serving(lambda c: c.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html>")) as server:
        assert failure(server.url(), CameraMisconfigured) == (
            "127.0.0.1 answers with text/html; give the URL of its MJPEG stream or of its picture"
        )


def test_a_camera_that_repeats_its_last_picture_for_ever_is_lost() -> None:
    def answer(connection: Connection) -> None:
        connection.send(MULTIPART)
        while not connection.closing.wait(0.02):
            connection.part(FRAMES[0])

    with serving(answer) as server:
        options = CameraOptions(stall_timeout_s=5, frozen_timeout_s=0.3)
        assert failure(server.url(), CameraLost, options) == ("it is frozen: the very same picture for 0.3 s")


def test_edits_are_in_every_picture() -> None:
    options = CameraOptions(edits=Edits(masks=(((0, 0), (1, 0), (1, 1), (0, 1)),), width=32))
    with serving(stream) as server:
        for picture in take(server.url(), 6, options):
            assert decode(picture).shape == (24, 32, 3)
            assert decode(picture).max() == 0


def test_a_bearer_token() -> None:
    def answer(connection: Connection) -> None:
        if "Authorization: Bearer t0ken\r\n" in connection.request:
            stream(connection)
        else:
            connection.send(b"HTTP/1.1 401 No\r\n\r\n")

    with serving(answer) as server:
        assert take(server.url(), 6, CameraOptions(token="t0ken")) == FRAMES
        assert failure(server.url(), CameraMisconfigured, CameraOptions(token="wrong")) == (
            "127.0.0.1 refuses the token; check capture.token"
        )


def test_redirects_are_followed() -> None:
    def answer(connection: Connection) -> None:
        if "GET /live " in connection.request:
            connection.send(b"HTTP/1.1 302 Found\r\nLocation: /elsewhere?x=1\r\n\r\n")
        else:
            stream(connection)

    with serving(answer) as server:
        assert take(server.url(), 6) == FRAMES
        assert "GET /elsewhere?x=1 " in server.requests[1]


def test_a_circle_of_redirects_ends() -> None:
    with serving(lambda c: c.send(b"HTTP/1.1 302 Found\r\nLocation: /live\r\n\r\n")) as server:
        assert failure(server.url(), CameraMisconfigured) == (
            "127.0.0.1 redirects in a circle; check the URL's path"
        )


def test_a_basic_login() -> None:
    token = base64.b64encode(b"ad min:p@ss/w").decode()

    def answer(connection: Connection) -> None:
        if f"Authorization: Basic {token}\r\n" in connection.request:
            stream(connection)
        else:
            connection.send(b'HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm="c"\r\n\r\n')

    with serving(answer) as server:
        assert take(server.url(login="ad%20min:p%40ss%2Fw@"), 6) == FRAMES
        assert failure(server.url(login="admin:wrong@"), CameraMisconfigured) == (
            "127.0.0.1 refuses the login; check user and password in the URL"
        )


def test_a_digest_login() -> None:
    def digest(*parts: str) -> str:
        return hashlib.md5(":".join(parts).encode()).hexdigest()

    def answer(connection: Connection) -> None:
        given = dict(re.findall(r'(\w+)="?([^",\r]+)"?', connection.request.partition("Digest ")[2]))
        what = digest("GET", "/live?x=1")
        who = digest("admin", "c", "secret")
        counted = given.get("nc", ""), given.get("cnonce", ""), "auth"
        if given and given["response"] == digest(who, "n0", *counted, what):
            stream(connection)
        else:
            connection.send(
                b"HTTP/1.1 401 No\r\nWWW-Authenticate: Basic realm=c\r\n"
                b'WWW-Authenticate: Digest realm="c", qop="auth", nonce="n0"\r\n\r\n'
            )

    with serving(answer) as server:
        assert take(server.url("/live?x=1", login="admin:secret@"), 6) == FRAMES
        assert not any("Basic" in request for request in server.requests)


@pytest.mark.parametrize("state", ["connecting", "before the answer", "in the stream"])
def test_stop_is_prompt_in_every_state(state: str) -> None:
    def answer(connection: Connection) -> None:
        if state == "in the stream":
            connection.send(MULTIPART)
            connection.part(FRAMES[0])
        connection.hang()

    with serving(answer) as server, unanswered() as deaf:
        url = f"http://127.0.0.1:{deaf}/" if state == "connecting" else server.url()
        stop = threading.Event()
        threading.Timer(0.3, stop.set).start()
        began = time.monotonic()
        count = len(list(open_camera(url, CameraOptions()).pictures(stop)))
        assert count == (1 if state == "in the stream" else 0)
        assert 0.25 < time.monotonic() - began < 0.8


def test_a_connection_that_is_not_answered_is_lost() -> None:
    with unanswered() as deaf:
        assert failure(f"http://127.0.0.1:{deaf}/", CameraLost) == f"127.0.0.1:{deaf} does not answer"


@contextmanager
def unanswered() -> Iterator[int]:
    """A port where connects hang: nobody accepts, and the queue of those who wait is full."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener, ExitStack() as waiting:
        port: int = listener.getsockname()[1]
        for _ in range(3):
            client = waiting.enter_context(socket.socket())
            client.setblocking(False)
            client.connect_ex(("127.0.0.1", port))
        yield port
