"""What a viewer may ask for, and the other ways in which pictures reach one: TLS, WebSocket, writing."""

import asyncio
import ssl
import subprocess
import threading
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import cv2
import numpy as np
import pytest
from aiohttp import web

from services.contract.frame import FrameId, identify, size, stamp
from services.contract.settings import Settings
from services.contract.topics import LIVE
from services.gateway.cameras import Cameras
from services.gateway.pictures import taking
from services.gateway.pictures.fanout import Fanout
from services.gateway.pictures.hub import Hub
from services.gateway.pictures.picture import no_picture, received, waking
from services.gateway.pictures.scaling import Scaling
from services.gateway.pictures.showing import Showing
from services.gateway.pictures.stream import Streams
from tests import backends
from tests.integration.gateway.conftest import Scene, eventually, make_frame
from tests.integration.gateway.http import BASIC, LongAnswer
from tests.unit.gateway.frames import NOW


def photo(sequence: int, width: int = 640, height: int = 480) -> bytes:
    noise = np.random.default_rng(sequence).integers(0, 256, (height // 8, width // 8, 3), np.uint8)
    image = cv2.resize(noise, (width, height))
    jpeg: bytes = cv2.imencode(".jpg", image)[1].tobytes()
    return stamp(jpeg, FrameId("door", 0xAB, sequence, NOW.fromtimestamp(time.time(), NOW.tzinfo)))


def show(scene: Scene, sequence: int) -> bytes:
    jpeg = photo(sequence)
    assert scene.link.flash(scene.topics.frames("door", LIVE), jpeg)
    return jpeg


def test_a_narrow_viewer_and_a_wide_one_see_the_same_frame(scene: Scene) -> None:
    narrow, wide = scene.viewer("/stream.jpg?width=160"), scene.viewer()
    scene.watched()
    jpeg = show(scene, 1000)
    eventually(lambda: wide.shows(jpeg) and 1000 in narrow.sequences, "both see it")
    small = narrow.seen[-1].jpeg
    assert size(small) == (160, 120)
    assert identify(small) == identify(jpeg)
    assert scene.service.account()["door"].model_dump()["viewers"] == 2


def test_a_snapshot_can_be_narrow(scene: Scene) -> None:
    viewer = scene.viewer()
    scene.watched()
    jpeg = show(scene, 1000)
    eventually(lambda: viewer.shows(jpeg), "it is there")
    assert size(scene.browser().get("/snapshot.jpg?width=320", BASIC).body) == (320, 240)
    assert scene.browser().get("/snapshot.jpg?width=wide", BASIC).status == 400


def test_a_snapshot_is_no_older_than_asked_for(scene: Scene) -> None:
    viewer = scene.viewer()
    scene.watched()
    old = scene.show(1000, age_s=1.5)
    eventually(lambda: viewer.shows(old), "it is there")
    assert scene.browser().get("/snapshot.jpg?max_age=10", BASIC).body == old
    later = threading.Timer(0.3, scene.show, [1001])
    later.start()
    assert scene.browser().get("/snapshot.jpg?max_age=1", BASIC).headers["X-Sequence"] == "1001"
    later.join()


def test_a_stream_ends_with_its_login(scene: Scene) -> None:
    browser = scene.logged_in()
    token = browser.csrf()
    other = scene.viewer()
    with LongAnswer(scene.port, "/stream.jpg", browser.headers) as stream:
        scene.watched()
        assert browser.post("/logout", {"csrf": token}).status == 303
        assert stream.ended()
    jpeg = scene.show(1000)
    eventually(lambda: other.shows(jpeg), "another goes on")


# -- written, not sent -------------------------------------------------------------------------------------


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> None:
    """A system without files of memory."""
    monkeypatch.setattr(taking, "AVAILABLE", False)


def test_without_files_of_memory_pictures_are_written(written: None, scene: Scene) -> None:
    viewers = [scene.viewer(), scene.viewer("/stream.jpg?repeat=1")]
    scene.watched()
    assert len(scene.service._fanout) == 0
    for sequence in (1000, 1001):
        jpeg = scene.show(sequence)
        eventually(lambda: all(viewer.shows(jpeg) for viewer in viewers), "both see it")  # noqa: B023
    eventually(lambda: viewers[1].sequences[-2:] == [1001, 1001], "the page got it twice")


def test_a_written_viewer_who_reads_nothing_delays_no_other_and_is_given_up(
    written: None, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(taking, "DEAD_S", 0.5)
    with LongAnswer(scene.port, "/stream.jpg", buffer=4096) as dead:
        quick = scene.viewer()
        scene.watched()
        for sequence in range(1000, 1050):
            scene.show(sequence, size=200_000)
            time.sleep(0.02)
        eventually(lambda: 1049 in quick.sequences, "the quick one sees the last")
        assert len([number for number in quick.sequences if number >= 1000]) > 40
        eventually(lambda: scene.service.account()["door"].model_dump()["viewers"] == 1, "one has gone")
        assert dead.ended()


# -- TLS ---------------------------------------------------------------------------------------------------


class NoSource:
    def open(self, camera: str, leaf: str) -> None: ...

    def close(self, camera: str, leaf: str) -> None: ...


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    if not backends.find("openssl"):
        pytest.skip("there is no openssl on PATH to make certificates with")
    folder = tmp_path_factory.mktemp("certificates")
    made = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    names = ["-subj", "/CN=localhost", "-keyout", "key.pem", "-out", "cert.pem"]
    subprocess.run(["openssl", "req", "-x509", *made, *names], cwd=folder, check=True, capture_output=True)
    return folder / "cert.pem", folder / "key.pem"


def test_under_tls_pictures_are_written_and_never_sent_in_plain(certificate: tuple[Path, Path]) -> None:
    ours = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ours.load_cert_chain(*certificate)
    theirs = ssl.create_default_context(cafile=certificate[0])
    theirs.check_hostname = False
    frames = [received(make_frame("door", n, 100_000), NOW) for n in (1, 2, 3)]

    async def seen() -> list[bytes]:
        settings = Settings.model_validate({"cameras": {"door": {"url": "demo:"}}})
        hub = Hub(NoSource(), time.monotonic, lambda: no_picture(NOW), lambda: waking(NOW))
        with Fanout() as fanout:
            showing = Showing(hub, Scaling(time.monotonic), fanout, 10)
            app = web.Application()
            app.add_routes(Streams(showing, Cameras(settings)).routes())
            runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
            await runner.setup()
            site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=ours)
            await site.start()
            reader, writer = await asyncio.open_connection("127.0.0.1", site.port, ssl=theirs)
            writer.write(b"GET /stream.jpg HTTP/1.1\r\nHost: localhost\r\n\r\n")
            await reader.readuntil(b"\r\n\r\n--nightjar\r\n")
            got = []
            for frame in frames:
                hub.put("door", LIVE, frame)
                got.append(await reader.readexactly(len(frame.part)))
            assert len(fanout) == 0
            writer.close()
            await runner.cleanup()
        return got

    assert asyncio.run(seen()) == [frame.part for frame in frames]


# -- WebSocket ---------------------------------------------------------------------------------------------


@asynccontextmanager
async def connected(
    scene: Scene, path: str, headers: Mapping[str, str]
) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    address = f"http://127.0.0.1:{scene.port}{path}"
    async with aiohttp.ClientSession(headers=headers) as session, session.ws_connect(address) as socket:
        yield socket


def over_websocket(scene: Scene, path: str, numbers: list[int]) -> list[bytes]:
    async def watch() -> list[bytes]:
        got = [b""]
        async with connected(scene, path, BASIC) as socket:
            await asyncio.to_thread(scene.watched)
            for number in numbers:
                show(scene, number)
                while identity(got[-1]) != number:
                    got.append(await asyncio.wait_for(socket.receive_bytes(), 5))
        return [picture for picture in got if identity(picture) in numbers]

    return asyncio.run(watch())


def identity(jpeg: bytes) -> int:
    found = identify(jpeg) if jpeg else None
    return found.sequence if found else 0


def test_over_a_websocket_each_message_is_a_picture(scene: Scene) -> None:
    got = over_websocket(scene, "/cameras/door/stream.ws", [1000, 1001, 1002])
    assert [identity(jpeg) for jpeg in got] == [1000, 1001, 1002]
    eventually(lambda: scene.service.account()["door"].model_dump()["viewers"] == 0, "nobody watches")


def test_over_a_websocket_pictures_can_be_narrow(scene: Scene) -> None:
    got = over_websocket(scene, "/cameras/door/stream.ws?width=160", [1000])
    assert size(got[-1]) == (160, 120)


def test_a_websocket_is_not_for_another_sites_page(scene: Scene) -> None:
    asks = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13"}
    key = {"Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==", "Origin": "https://evil.example"}
    assert scene.browser().get("/cameras/door/stream.ws", {**BASIC, **asks, **key}).status == 403


def test_who_speaks_no_websocket_is_told_what_else_there_is(scene: Scene) -> None:
    answer = scene.browser().get("/cameras/door/stream.ws", BASIC)
    assert answer.status == 426
    assert "stream.mjpeg" in answer.text


def test_a_websocket_ends_with_its_login(scene: Scene) -> None:
    browser = scene.logged_in()
    token = browser.csrf()

    async def watch() -> int | None:
        async with connected(scene, "/cameras/door/stream.ws", browser.headers) as socket:
            await asyncio.to_thread(scene.watched)
            await asyncio.to_thread(browser.post, "/logout", {"csrf": token})
            await asyncio.to_thread(scene.show, 1000)
            async for _ in socket:
                pass
            return socket.close_code

    assert asyncio.run(asyncio.wait_for(watch(), 10)) == aiohttp.WSCloseCode.POLICY_VIOLATION
