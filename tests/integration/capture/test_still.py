"""Cameras that give one picture at a time, from a server that behaves as they do."""

import hashlib
import re
import threading
import time
from datetime import datetime
from itertools import islice, pairwise

import cv2
import numpy as np
import pytest

from services.capture.cameras import CameraLost, CameraMisconfigured, CameraOptions, Picture, open_camera
from tests.integration.capture.mjpeg_server import Connection, serving
from tests.integration.capture.test_http import FRAMES, failure, take
from tests.unit.capture.cameras.pictures import decode

FAST = CameraOptions(max_fps=50, connect_timeout_s=0.5, stall_timeout_s=0.5, frozen_timeout_s=0.5)
PNG = cv2.imencode(".png", np.full((3, 5, 3), 90, np.uint8))[1].tobytes()


def picture(
    connection: Connection, data: bytes, *headers: str, kind: str = "image/jpeg", status: str = "200 OK"
) -> None:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(data)}", *headers]
    if kind:
        lines.append(f"Content-Type: {kind}")
    connection.send("\r\n".join([*lines, "", ""]).encode(), data)


def kept_open(connection: Connection) -> None:
    """Each request on the connection gets the next picture."""
    for n in range(1000):
        picture(connection, FRAMES[n % 6])
        if not connection.again():
            return


def test_pictures_are_asked_for_one_by_one_over_one_connection() -> None:
    with serving(kept_open) as server:
        assert take(server.url("/snap.jpg"), 12, FAST) == FRAMES * 2
        assert server.connections == 1
        assert len(server.requests) == 12


def test_a_camera_that_closes_each_time_is_connected_to_each_time() -> None:
    def answer(connection: Connection) -> None:
        picture(connection, FRAMES[server.connections % 6], "Connection: close")

    with serving(answer) as server:
        assert take(server.url(), 5, FAST) == FRAMES[1:6]
        assert server.connections == 5


def test_a_camera_that_closes_without_saying_so_costs_no_picture() -> None:
    def answer(connection: Connection) -> None:
        picture(connection, FRAMES[server.connections % 6])

    with serving(answer) as server:
        camera = open_camera(server.url(), FAST)
        jpegs = [p.jpeg for p in islice(camera.pictures(threading.Event()), 5)]
        assert (jpegs, camera.skipped) == (FRAMES[1:6], 0)


def test_a_chunked_picture_leaves_the_connection_usable() -> None:
    def answer(connection: Connection) -> None:
        for frame in FRAMES:
            connection.send(
                b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nTransfer-Encoding: chunked\r\n\r\n"
            )
            connection.send(b"%x\r\n" % len(frame), frame, b"\r\n0\r\n")
            time.sleep(0.01)
            connection.send(b"\r\n")
            if not connection.again():
                return

    with serving(answer) as server:
        assert take(server.url(), 6, FAST) == FRAMES
        assert server.connections == 1


def test_the_picture_is_asked_for_on_absolute_deadlines() -> None:
    def slow(connection: Connection) -> None:
        for n in range(1000):
            time.sleep(0.03 if n % 2 else 0.0)
            picture(connection, FRAMES[n % 6])
            if not connection.again():
                return

    with serving(slow) as server:
        options = CameraOptions(max_fps=10)
        times = [p.time for p in islice(open_camera(server.url(), options).pictures(threading.Event()), 11)]
    steps = [(later - earlier).total_seconds() for earlier, later in pairwise(times[1:])]
    assert sum(steps) / len(steps) == pytest.approx(0.1, abs=0.01)
    assert max(steps) < 0.15


def test_one_picture_a_second_is_the_default() -> None:
    with serving(kept_open) as server:
        began = time.monotonic()
        take(server.url(), 2, CameraOptions())
        assert 0.9 < time.monotonic() - began < 1.5


def test_a_picture_that_is_not_new_is_not_given_again_and_nobody_calls_that_frozen() -> None:
    def answer(connection: Connection) -> None:
        frame, etag = FRAMES[0], '"0"'
        until = time.monotonic() + 0.8
        while True:
            if f"If-None-Match: {etag}\r\n" in connection.request:
                connection.send(b'HTTP/1.1 304 Not Modified\r\nETag: "0"\r\n\r\n')
            else:
                picture(connection, frame, f"ETag: {etag}")
            if time.monotonic() > until:
                frame, etag = FRAMES[1], '"1"'
            if not connection.again():
                return

    with serving(answer) as server:
        assert take(server.url(), 2, FAST) == FRAMES[:2]
        assert server.connections == 1


def test_the_date_of_the_last_picture_is_sent_along() -> None:
    with serving(lambda c: picture(c, FRAMES[0], "Last-Modified: Fri, 20 Nov 2026 08:30:12 GMT")) as server:
        failure(server.url(), CameraLost, FAST)
        assert "If-Modified-Since: Fri, 20 Nov 2026 08:30:12 GMT\r\n" in server.requests[1]


def test_the_very_same_bytes_are_given_once_and_for_too_long_are_a_frozen_camera() -> None:
    def answer(connection: Connection) -> None:
        while True:
            picture(connection, FRAMES[0])
            if not connection.again():
                return

    with serving(answer) as server:
        camera = open_camera(server.url(), FAST)
        came: list[Picture] = []
        with pytest.raises(CameraLost) as raised:
            came.extend(camera.pictures(threading.Event()))
        assert [p.jpeg for p in came] == [FRAMES[0]]
        assert str(raised.value) == "127.0.0.1 gives the very same picture for 0.5 s"
        came = []
        with pytest.raises(CameraLost):  # the next connection begins anew
            came.extend(camera.pictures(threading.Event()))
        assert len(came) == 1


def test_one_answer_that_fails_is_passed_over_and_counted() -> None:
    answers = iter([b"ok", b"503", b"half", b"junk", b"ok", b"ok"])

    def answer(connection: Connection) -> None:
        match next(answers, b"ok"):
            case b"503":
                connection.send(b"HTTP/1.1 503 Busy\r\n\r\n")
            case b"half":
                frame = FRAMES[4]
                connection.send(
                    b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(frame)
                )
                connection.send(frame[: len(frame) // 2])
            case b"junk":
                picture(connection, b"this is no picture", "Connection: close")
            case _:
                picture(connection, FRAMES[server.connections % 6], "Connection: close")

    with serving(answer) as server:
        camera = open_camera(server.url(), FAST)
        jpegs = [p.jpeg for p in islice(camera.pictures(threading.Event()), 3)]
        assert jpegs == [FRAMES[1], FRAMES[5], FRAMES[0]]
        assert camera.skipped == 3


def test_answers_that_are_no_picture_for_too_long_are_a_lost_camera() -> None:
    with serving(lambda c: picture(c, b"no picture")) as server:
        began = time.monotonic()
        assert failure(server.url(), CameraLost, FAST) == "127.0.0.1 answers, but with no picture"
        assert 0.4 < time.monotonic() - began < 2


def test_a_camera_that_goes_away_is_lost() -> None:
    def answer(connection: Connection) -> None:
        if server.connections == 1:
            picture(connection, FRAMES[0], "Connection: close")
        else:
            connection.send(b"HTTP/1.1 503 Busy\r\n\r\n")

    with serving(answer) as server:
        assert failure(server.url(), CameraLost, FAST) == "127.0.0.1 answers 503 Busy"


def test_a_picture_of_another_kind_is_encoded() -> None:
    with serving(lambda c: picture(c, PNG, kind="image/png")) as server:
        [jpeg] = take(server.url(), 1, FAST)
    assert decode(jpeg).shape == (3, 5, 3)


@pytest.mark.parametrize(("path", "kind"), [("/a.jpg", ""), ("/a.JPEG?x=1", "application/octet-stream")])
def test_the_extension_decides_where_the_type_says_nothing(path: str, kind: str) -> None:
    with serving(lambda c: picture(c, FRAMES[0], kind=kind)) as server:
        assert take(server.url(path), 1, FAST) == [FRAMES[0]]


def test_a_stream_is_one_whatever_its_extension() -> None:
    def answer(connection: Connection) -> None:
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=b\r\n\r\n")
        for frame in FRAMES:
            connection.part(frame)
        connection.hang()

    with serving(answer) as server:
        assert take(server.url("/stream.jpg"), 6) == FRAMES
        assert len(server.requests) == 1


def test_a_digest_login_is_answered_anew_for_each_picture_and_made_again_when_it_is_old() -> None:
    """As strict as RFC 7616 allows: a count that came before is refused, a nonce is good for three."""
    counts: list[tuple[str, int]] = []

    def digest(*parts: str) -> str:
        return hashlib.md5(":".join(parts).encode()).hexdigest()

    def right(request: str) -> bool:
        given = dict(re.findall(r'(\w+)="?([^",\r]+)"?', request.partition("Digest ")[2]))
        if not given:
            return False
        key = given["nonce"], int(given["nc"], 16)
        who, what = digest("admin", "c", "secret"), digest("GET", "/snap.jpg")
        good = given["response"] == digest(who, key[0], given["nc"], given["cnonce"], "auth", what)
        fresh = key not in counts and key[1] <= 3
        counts.append(key)
        return good and fresh

    def answer(connection: Connection) -> None:
        while True:
            if right(connection.request):
                picture(connection, FRAMES[len(counts) % 6])
            else:
                nonce = f'WWW-Authenticate: Digest realm="c", qop="auth", nonce="n{len(counts)}"'
                picture(connection, b"", nonce, status="401 No")
            if not connection.again():
                return

    with serving(answer) as server:
        assert len(take(server.url("/snap.jpg", login="admin:secret@"), 9, FAST)) == 9
        assert max(count for _, count in counts) == 4
        assert failure(server.url("/snap.jpg", login="admin:wrong@"), CameraMisconfigured, FAST) == (
            "127.0.0.1 refuses the login; check user and password in the URL"
        )


def test_each_picture_may_be_somewhere_else() -> None:
    def answer(connection: Connection) -> None:
        if "GET /snap " in connection.request:
            connection.send(b"HTTP/1.1 302 Found\r\nLocation: /%d.jpg\r\n\r\n" % len(server.requests))
        else:
            picture(connection, FRAMES[len(server.requests) // 2 % 6])

    with serving(answer) as server:
        assert take(server.url("/snap"), 3, FAST) == FRAMES[1:4]
        assert [request.split()[1] for request in server.requests] == [
            "/snap", "/1.jpg", "/snap", "/3.jpg", "/snap", "/5.jpg"
        ]  # fmt: skip


def test_stop_is_prompt_while_it_waits_for_the_next_picture() -> None:
    with serving(kept_open) as server:
        stop = threading.Event()
        threading.Timer(0.2, stop.set).start()
        began = time.monotonic()
        options = CameraOptions(max_fps=0.1)
        assert len(list(open_camera(server.url(), options).pictures(stop))) == 1
        assert time.monotonic() - began < 0.8


def test_a_picture_has_the_time_at_which_it_was_asked_for() -> None:
    asked: list[datetime] = []

    def answer(connection: Connection) -> None:
        asked.append(datetime.now().astimezone())
        time.sleep(0.2)
        picture(connection, FRAMES[0])

    with serving(answer) as server:
        [one] = islice(open_camera(server.url(), FAST).pictures(threading.Event()), 1)
    assert abs((asked[0] - one.time).total_seconds()) < 0.1
