"""Cameras of the suite's own, which nothing that it breaks can touch: their pictures carry their numbers.

Each is a Motion-JPEG stream on one HTTP server. What a camera has made is noted by the hash of its bytes, so
that any copy of a picture, wherever it is found, is known again bit by bit.
"""

import hashlib
import queue
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import cv2
import numpy as np

from services.capture.cameras.number import draw_number, strip_height

WIDTH, HEIGHT, FPS = 320, 180, 10
#: Where the number is, as corners: in a picture so small it is large enough to be something that moves.
_ABOVE = 1 - strip_height(WIDTH) / HEIGHT
NUMBER = [(0.0, _ABOVE), (1.0, _ABOVE), (1.0, 1.0), (0.0, 1.0)]
_EXIF = b"\xff\xe1"


@dataclass(frozen=True, slots=True)
class Picture:
    """One that a camera has sent."""

    number: int
    moving: bool
    sent_s: float  # monotonic


@dataclass(slots=True)
class Lens:
    """One camera: `moving` brings somebody into its scene."""

    name: str
    moving: threading.Event = field(default_factory=threading.Event)
    #: What was sent, in order, and the same by the hash of the bytes.
    made: list[Picture] = field(default_factory=list)
    by_hash: dict[bytes, Picture] = field(default_factory=dict)
    watchers: list["queue.Queue[bytes]"] = field(default_factory=list)

    def known(self, frame: bytes) -> Picture | None:
        """The picture that a frame is a copy of, its EXIF segment apart; None where it is no such copy."""
        return self.by_hash.get(_hash(plain(frame)))


class Walker:
    """Somebody who crosses the picture again and again, each time elsewhere.

    What always moves in one place is a leaf in the wind, to whoever looks for motion.
    """

    WIDE, HIGH, STEP = 36, 54, 12

    def __init__(self, seed: int) -> None:
        self._dice = np.random.default_rng(seed)
        self._x = WIDTH

    def step(self, picture: Any) -> None:
        """A step further, in the picture, which is changed."""
        self._x += self.STEP
        if self._x > WIDTH - self.WIDE:
            self._x = int(self._dice.integers(0, 40))
            self._y = int(self._dice.integers(0, HEIGHT - self.HIGH - 16))
            self._coat = self._dice.integers(0, 2, (9, 6, 3)) * 200 + 20
        coat = self._coat.repeat(self.HIGH // 9, axis=0).repeat(self.WIDE // 6, axis=1)
        picture[self._y : self._y + self.HIGH, self._x : self._x + self.WIDE] = coat


class Scenery:
    """The scene before every lens, with a sensor's noise."""

    def __init__(self) -> None:
        dice = np.random.default_rng(1)
        coarse = dice.uniform(60, 190, (HEIGHT // 8 + 1, WIDTH // 8, 3)).astype(np.uint8)
        scenery = np.asarray(cv2.resize(coarse, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC))
        noise = dice.normal(0, 2, (8, HEIGHT, WIDTH, 3))
        self._scenes = [(scenery + sheet).clip(0, 255).astype(np.uint8) for sheet in noise]

    def picture(self, number: int, walker: Walker | None = None) -> bytes:
        """A JPEG that carries its number, of nobody or of whoever takes a step in it."""
        picture = self._scenes[number % len(self._scenes)].copy()
        if walker:
            walker.step(picture)
        draw_number(picture, number)
        return cv2.imencode(".jpg", picture)[1].tobytes()


class LensBank:
    """Used with `with`: so many cameras, `url(name)` of each."""

    def __init__(self, names: list[str], fps: float = FPS, host: str = "127.0.0.1") -> None:
        self.lenses = {name: Lens(name) for name in names}
        self._fps = fps
        self._stop = threading.Event()
        self._scenery = Scenery()
        self._server = _Server((host, 0), _handler(self))
        self._threads = [threading.Thread(target=self._server.serve_forever, args=(0.1,), daemon=True)]
        self._threads += [
            threading.Thread(target=self._play, args=(lens, n), daemon=True)
            for n, lens in enumerate(self.lenses.values())
        ]

    def url(self, name: str) -> str:
        host, port = self._server.server_address[:2]
        return f"http://{host!s}:{port}/{name}.mjpeg"

    def __enter__(self) -> "LensBank":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._server.shutdown()
        self._server.server_close()
        for thread in self._threads:
            thread.join(5)

    def _play(self, lens: Lens, n: int) -> None:
        due_s, number, walker = time.monotonic() + n / self._fps / len(self.lenses), 0, Walker(n)
        while not self._stop.wait(max(0.0, due_s - time.monotonic())):
            due_s, number = due_s + 1 / self._fps, number + 1
            moving = lens.moving.is_set()
            jpeg = self._scenery.picture(number, walker if moving else None)
            if watchers := list(lens.watchers):
                made = lens.by_hash[_hash(jpeg)] = Picture(number, moving, time.monotonic())
                lens.made.append(made)
                for watcher in watchers:
                    watcher.put(jpeg)


def plain(frame: bytes) -> bytes:
    """A frame without the EXIF segment that capture has put behind its start."""
    if frame[2:4] != _EXIF:
        return frame
    return frame[:2] + frame[4 + int.from_bytes(frame[4:6], "big") :]


def _hash(jpeg: bytes) -> bytes:
    return hashlib.sha256(jpeg).digest()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: Any) -> None:
        """Capture was killed, which is what it is all about."""


def _handler(bank: LensBank) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            lens = bank.lenses[self.path.strip("/").removesuffix(".mjpeg")]
            self.send_response(200)
            self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=next")
            self.end_headers()
            mine: queue.Queue[bytes] = queue.Queue()
            lens.watchers.append(mine)
            try:
                while not bank._stop.is_set():
                    jpeg = mine.get()
                    head = f"--next\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n"
                    self.wfile.write(head.encode() + jpeg + b"\r\n")
            finally:
                lens.watchers.remove(mine)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (the base class's name)
            """Nobody reads it."""

    return Handler
