"""A camera whose scene the test moves: textured, noisy, and with somebody in it when it says so."""

import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import cv2
import numpy as np

from services.capture.cameras import CameraLost, Picture

WIDTH, HEIGHT, FPS = 320, 180, 20


class Stage:
    """Plays in real time; `moving` brings somebody in, `lost` takes the camera away."""

    def __init__(self) -> None:
        self.skipped = 0
        self.moving = threading.Event()
        self.lost = threading.Event()
        dice = np.random.default_rng(1)
        coarse = dice.uniform(60, 190, (HEIGHT // 8 + 1, WIDTH // 8, 3)).astype(np.uint8)
        scenery = np.asarray(cv2.resize(coarse, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC))
        noise = dice.normal(0, 2, (8, HEIGHT, WIDTH, 3))
        self._pictures = [(scenery + sheet).clip(0, 255).astype(np.uint8) for sheet in noise]
        self._x = 0

    def pictures(self, stop: threading.Event) -> Iterator[Picture]:
        due_s, n = time.monotonic(), 0
        while not stop.wait(max(0.0, due_s - time.monotonic())):
            if self.lost.is_set():
                raise CameraLost("the camera was taken away")
            due_s, n = due_s + 1 / FPS, n + 1
            picture = self._pictures[n % len(self._pictures)].copy()
            if self.moving.is_set():
                self._x = (self._x + 7) % (WIDTH - 40)
                picture[60:150, self._x : self._x + 40] = (20, 20, 160)
            _, jpeg = cv2.imencode(".jpg", picture)
            yield Picture(jpeg.tobytes(), datetime.now(UTC))
