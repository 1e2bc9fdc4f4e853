"""Devices that send their pictures over HTTP, as curl, Python and small controllers do it."""

import base64
import gzip
import json
import logging
import os
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from services.gateway.access.caller import Scope
from services.gateway.ingest import handlers
from services.runtime.mqtt import BrokerAddress
from tests.integration.gateway.conftest import Scene, eventually, make_frame, make_settings, staged
from tests.integration.gateway.http import BASIC, HTML, Answer

PATH = "/api/cameras/door/frames"
JPEG = make_frame("door", 1, size=150_000)
RAW = {"Content-Type": "image/jpeg"}


@pytest.fixture
def scene(tmp_path: Path, address: BrokerAddress) -> Iterator[Scene]:
    cameras = {
        "door": {"url": "push:"},
        "yard": {"url": "http://user:hidden@camera/video"},
        "shed": {"url": "mqtt:nightjar-devices/shed"},
    }
    with staged(make_settings(tmp_path, cameras=cameras), address) as scene:
        yield scene


def arrived(scene: Scene, camera: str = "door") -> list[bytes]:
    """What comes to the camera's ingest topic from now on."""
    heard = scene.listen(scene.topics.frames(camera, "ingest"))
    probe = scene.listen(scene.topics.camera(camera, "status"))
    scene.hold("status", "online", camera)
    eventually(lambda: probe, "the broker knows who listens")
    return heard


def send(scene: Scene, body: bytes, headers: Mapping[str, str] = RAW, path: str = PATH) -> Answer:
    return scene.browser()._ask("POST", path, {**BASIC, **headers}, body)


def problem(answer: Answer) -> tuple[int, str]:
    assert answer.headers["Content-Type"].startswith("application/problem+json")
    return answer.status, answer.json()["detail"]


def curl(scene: Scene, *words: str, path: str = PATH) -> tuple[int, Any, str]:
    """Status, JSON and what curl says of the conversation; curl sends `Expect` by itself above 1 MB."""
    program = shutil.which("curl")
    if program is None:
        pytest.skip("curl is not installed")
    url = f"http://127.0.0.1:{scene.port}{path}"
    command = [program, "-sS", "-v", "-u", "admin:secret", *words, "-w", "\n%{http_code}", url]
    done = subprocess.run(command, capture_output=True, timeout=20, check=True)
    text, _, status = done.stdout.decode().rpartition("\n")
    return int(status), json.loads(text), done.stderr.decode()


# -- those who may ---------------------------------------------------------------------------------------


def test_curl_sends_a_picture_in_each_way(scene: Scene, tmp_path: Path) -> None:
    heard = arrived(scene)
    file = tmp_path / "x.jpg"
    file.write_bytes(JPEG)
    expected = (202, {"camera": "door", "bytes": len(JPEG)})
    assert curl(scene, "-F", f"image=@{file}")[:2] == expected
    assert curl(scene, "-H", "Content-Type: image/jpeg", "--data-binary", f"@{file}")[:2] == expected
    chunked = ("-H", "Content-Type: image/jpeg", "-H", "Transfer-Encoding: chunked")
    assert curl(scene, *chunked, "--data-binary", f"@{file}")[:2] == expected
    in_json = tmp_path / "x.json"
    in_json.write_text(json.dumps({"image": base64.b64encode(JPEG).decode(), "filename": "x.jpg"}))
    assert curl(scene, "-H", "Content-Type: application/json", "--data", f"@{in_json}")[:2] == expected
    eventually(lambda: len(heard) == 4, "all of them are on MQTT")
    assert set(heard) == {JPEG}


def test_who_asks_before_sending_is_told_to_go_on(scene: Scene, tmp_path: Path) -> None:
    heard = arrived(scene)
    file = tmp_path / "x.jpg"
    file.write_bytes(JPEG)
    status, _, talk = curl(scene, "-H", "Expect: 100-continue", "-F", f"image=@{file}")
    assert (status, "< HTTP/1.1 100 Continue" in talk) == (202, True)
    eventually(lambda: heard == [JPEG], "it is on MQTT")


def test_who_asks_before_sending_what_is_not_taken_does_not_send_it(scene: Scene, tmp_path: Path) -> None:
    file = tmp_path / "x.jpg"
    file.write_bytes(JPEG)
    for path in ("/api/cameras/yard/frames", "/api/cameras/nobody/frames"):
        status, _, talk = curl(scene, "-H", "Expect: 100-continue", "-F", f"image=@{file}", path=path)
        assert (status in (404, 409), "100 Continue" in talk) == (True, False)


MICROPYTHON = (  # as OpenMV's requests.py writes it: HTTP/1.0, no type of the part, an empty line too many
    b"POST %s HTTP/1.0\r\nHost: 127.0.0.1\r\nAuthorization: %s\r\n"
    b"Content-Type: multipart/form-data; boundary=37a4bcce91521f74142f1868e328a6b9\r\n"
    b"Content-Length: %d\r\n\r\n%s"
)
MICROPYTHON_FORM = (
    b"--37a4bcce91521f74142f1868e328a6b9\r\n"
    b'Content-Disposition: form-data; name="image"; filename="x.jpg"\r\n\r\n'
    b"%s\r\n\r\n--37a4bcce91521f74142f1868e328a6b9--\r\n"
)


def test_a_small_controller_sends_a_form_piece_by_piece(scene: Scene) -> None:
    heard = arrived(scene)
    form = MICROPYTHON_FORM % JPEG
    login = BASIC["Authorization"].encode()
    request = MICROPYTHON % (PATH.encode(), login, len(form), form)
    with closing(socket.create_connection(("127.0.0.1", scene.port), timeout=10)) as device:
        for at in range(0, len(request), 1460):
            device.sendall(request[at : at + 1460])
        answer = b""
        while more := device.recv(4096):
            answer += more
    assert answer.split(b"\r\n")[0] == b"HTTP/1.0 202 Accepted"
    eventually(lambda: [jpeg.rstrip(b"\r\n") for jpeg in heard] == [JPEG], "it is on MQTT")


def test_pythons_form_has_the_part_among_others(scene: Scene) -> None:
    heard = arrived(scene)
    form = (
        b'--x\r\nContent-Disposition: form-data; name="device"\r\n\r\nesp32-7\r\n'
        b'--x\r\nContent-Disposition: form-data; name="image"; filename="image"\r\n\r\n%s\r\n--x--\r\n' % JPEG
    )
    assert send(scene, form, {"Content-Type": "multipart/form-data; boundary=x"}).status == 202
    eventually(lambda: heard == [JPEG], "it is on MQTT")


def test_our_own_pages_need_their_token(scene: Scene) -> None:
    heard = arrived(scene)
    browser = scene.logged_in()
    form = MICROPYTHON_FORM % JPEG
    typed = {"Content-Type": "multipart/form-data; boundary=37a4bcce91521f74142f1868e328a6b9"}
    assert browser._ask("POST", PATH, typed, form).status == 403
    token = {"X-CSRF-Token": browser.csrf()}
    assert browser._ask("POST", PATH, {**typed, **token}, form).status == 202
    eventually(lambda: len(heard) == 1, "it is on MQTT, once")


# -- those who may not -----------------------------------------------------------------------------------


def test_a_stranger_and_a_wrong_login_send_nothing(scene: Scene) -> None:
    wrong = {"Authorization": f"Basic {base64.b64encode(b'admin:wrong').decode()}"}
    for headers in ({}, wrong):
        answer = scene.browser()._ask("POST", PATH, {**RAW, **headers}, JPEG)
        assert (answer.status, answer.headers["WWW-Authenticate"][:5]) == (401, "Basic")


def test_a_device_sends_with_a_token_of_its_own(scene: Scene) -> None:
    token = scene.service._entrance.tokens.add("esp32", Scope.INGEST)
    assert send(scene, JPEG, {**RAW, "Authorization": f"Bearer {token}"}).status == 202
    answer = scene.browser()._ask("POST", PATH, {**RAW, "Authorization": "Bearer abc"}, JPEG)
    assert (answer.status, answer.headers["WWW-Authenticate"]) == (
        401,
        'Bearer realm="Nightjar", error="invalid_token"',
    )


def test_another_sites_page_cannot_use_a_login_that_the_browser_remembers(scene: Scene) -> None:
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://elsewhere.example"}):
        assert send(scene, JPEG, {**RAW, **headers}).status == 403


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_pictures_are_posted(scene: Scene, method: str) -> None:
    assert scene.browser()._ask(method, PATH, BASIC, None).status in (401, 405)


# -- what is refused -------------------------------------------------------------------------------------


def test_a_camera_that_nobody_configured_is_not_found(scene: Scene) -> None:
    assert problem(send(scene, JPEG, path="/api/cameras/nobody/frames")) == (
        404,
        "there is no camera 'nobody'",
    )


def test_a_camera_that_takes_its_pictures_elsewhere_says_what_to_configure(scene: Scene) -> None:
    assert problem(send(scene, JPEG, path="/api/cameras/yard/frames")) == (
        409,
        "camera 'yard' takes its pictures from http://***@camera/video: set cameras.yard.url to push: in "
        "nightjar.yaml, and it takes those that are sent here",
    )
    assert send(scene, JPEG, path="/api/cameras/shed/frames").status == 409


@pytest.mark.parametrize("typed", [{"Content-Type": "image/png"}, {"Content-Type": "text/plain"}, {}])
def test_an_unknown_type_says_which_are_known(scene: Scene, typed: dict[str, str]) -> None:
    status, detail = problem(send(scene, JPEG, typed))
    given = typed.get("Content-Type", "")
    assert status == 415
    assert detail.startswith(f"'{given}' is not taken here: send the picture as image/jpeg, ")


def test_a_compressed_body_is_not_unpacked(scene: Scene) -> None:
    answer = send(scene, gzip.compress(JPEG), {**RAW, "Content-Encoding": "gzip"})
    assert problem(answer) == (415, "send the picture as it is: a JPEG is compressed already")


@pytest.mark.parametrize("body", [b"", b"GIF89a", JPEG[:-2], os.urandom(5000)])
def test_bytes_that_are_no_complete_jpeg_say_why(scene: Scene, body: bytes) -> None:
    status, detail = problem(send(scene, body))
    assert status == 422
    assert detail.startswith("there is no picture in it: ")


def test_json_without_end_is_no_json(scene: Scene) -> None:
    deep = b"[" * 500_000
    answer = send(scene, deep, {"Content-Type": "application/json"})
    assert problem(answer) == (422, "there is no picture in it: the body is no JSON")


def test_a_picture_that_is_too_large_is_refused_before_and_while_it_is_sent(
    tmp_path: Path, address: BrokerAddress
) -> None:
    settings = make_settings(tmp_path, cameras={"door": {"url": "push:"}})
    settings = settings.model_copy(update={"mqtt": settings.mqtt.model_copy(update={"max_packet_mb": 0.1})})
    with staged(settings, address) as scene:
        expected = (
            413,
            "a picture may have 0.1 MB (mqtt.max_packet_mb): lower the camera's resolution or quality",
        )
        assert problem(send(scene, JPEG)) == expected
        file = tmp_path / "x.jpg"
        file.write_bytes(JPEG)
        chunked = ("-H", "Transfer-Encoding: chunked", "-H", "Content-Type: image/jpeg")
        status, body, _ = curl(scene, *chunked, "--data-binary", f"@{file}")
        assert (status, body["detail"]) == expected
        fits = make_frame("door", 1, size=97_000)
        assert send(scene, fits).status == 202


def test_who_sends_too_many_waits(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handlers, "PER_S", 0.5)
    monkeypatch.setattr(handlers, "BURST", 2)
    small = make_frame("door", 1)
    answers = [send(scene, small) for _ in range(3)]
    assert [answer.status for answer in answers] == [202, 202, 429]
    assert answers[-1].headers["Retry-After"] == "2"
    assert problem(answers[-1])[1] == "camera 'door' may send 0.5 pictures a second"


def test_slow_devices_do_not_pile_up(scene: Scene) -> None:
    head = (
        f"POST {PATH} HTTP/1.1\r\nHost: x\r\nAuthorization: {BASIC['Authorization']}\r\n"
        "Content-Type: image/jpeg\r\nContent-Length: 5000\r\n\r\n"
    ).encode()
    slow = [socket.create_connection(("127.0.0.1", scene.port)) for _ in range(handlers.AT_A_TIME)]
    for each in slow:
        each.sendall(head + JPEG[:10])
    eventually(lambda: send(scene, JPEG).status == 429, "no more are taken at a time")
    for each in slow:
        each.close()
    eventually(lambda: send(scene, JPEG).status == 202, "those who left make room")


def test_a_device_that_stops_halfway_is_given_up(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handlers, "READ_S", 0.2)
    with closing(socket.create_connection(("127.0.0.1", scene.port), timeout=10)) as device:
        device.sendall(
            f"POST {PATH} HTTP/1.1\r\nHost: x\r\nAuthorization: {BASIC['Authorization']}\r\n"
            "Content-Type: image/jpeg\r\nContent-Length: 5000\r\n\r\n".encode()
        )
        assert device.recv(100).startswith(b"HTTP/1.1 408 ")


# -- the broker ------------------------------------------------------------------------------------------


def test_without_the_broker_nothing_is_taken_and_nothing_kept(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scene.service._frames, "_connection", None)
    answer = send(scene, JPEG)
    assert problem(answer) == (503, "the broker is away, so the picture was not taken: send it again later")
    assert answer.headers["Retry-After"] == "5"
    assert len(scene.service._frames.outbox) == 0


def test_a_broker_that_does_not_answer_is_told_of(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handlers, "TAKEN_S", 0.1)
    monkeypatch.setattr(scene.service._frames, "send", lambda *_args, **_more: None)
    status, detail = problem(send(scene, JPEG))
    assert (status, "has not acknowledged the picture within 0 s" in detail) == (503, True)


def test_pictures_are_never_in_the_log(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    for body in (JPEG, b"secret words", b'{"image": "c2VjcmV0IHdvcmRz"}'):
        for typed in ("image/jpeg", "application/json", "multipart/form-data; boundary=x", "text/plain"):
            send(scene, body, {"Content-Type": typed})
    assert "secret words" not in caplog.text
    assert "c2VjcmV0" not in caplog.text


def test_many_devices_send_at_once(scene: Scene) -> None:
    heard = arrived(scene)
    pictures = [make_frame("door", number, size=20_000) for number in range(1, 4)]
    threads = [threading.Thread(target=send, args=(scene, jpeg)) for jpeg in pictures]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    eventually(lambda: sorted(heard) == sorted(pictures), "each is on MQTT once")


def test_people_get_a_problem_too(scene: Scene) -> None:
    assert problem(send(scene, b"", {**RAW, **HTML}))[0] == 422
