"""What the motion benchmarks stand on: frames that come over a broker as capture would bring them."""

import contextlib
import functools
import multiprocessing
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import cv2
import numpy as np

from benchmarks.effects import rain
from benchmarks.stage import PASSWORD, USER, Usage, measured
from services.capture.cameras.encode import Image, encode
from services.contract import topics as leaf
from services.contract.frame import FrameId, stamp
from services.contract.settings import Settings
from services.contract.topics import Topics
from services.motion.decode import decode_gray
from services.motion.service import MotionService
from services.runtime.mqtt import BrokerAddress, Delivery, Link
from services.runtime.run import settle
from services.runtime.stop import Stop

TOPICS = Topics()
_SPAWN = multiprocessing.get_context("spawn")


def address(port: int) -> BrokerAddress:
    return BrokerAddress("127.0.0.1", port, USER, PASSWORD)


def scene(width: int, height: int, seed: int = 1) -> Image:
    """A textured picture that looks to an encoder as a street does."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(40, 216, (height // 8, width // 8, 3), dtype=np.uint8)
    return np.asarray(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC), np.uint8)


def quiet(width: int, height: int, number: int, quality: int = 80) -> list[bytes]:
    """JPEGs with a camera's noise in which nothing moves."""
    rng, still = np.random.default_rng(2), scene(width, height).astype(np.int16)
    return [_noisy(still, rng, quality) for _ in range(number)]


def crossing(width: int, height: int, number: int, quality: int = 80) -> list[bytes]:
    """The same, and a dark thing of a twelfth of the width walks from left to right."""
    rng, still = np.random.default_rng(3), scene(width, height).astype(np.int16)
    found = []
    for n in range(number):
        picture = still.copy()
        left = n * (width - width // 12) // max(1, number - 1)
        picture[height * 2 // 5 : height * 7 // 10, left : left + width // 12] = 30
        found.append(_noisy(picture, rng, quality))
    return found


def ways(width: int, height: int, number: int, seed: int, quality: int = 80) -> list[bytes]:
    """The same, but thing, height, direction and pace are others for each seed: no way is learnt by heart."""
    rng, still = np.random.default_rng(seed), scene(width, height).astype(np.int16)
    wide, high = int(width * rng.uniform(0.05, 0.12)), int(height * rng.uniform(0.15, 0.35))
    top, level = int(rng.uniform(0.1, 0.9) * (height - high)), int(rng.choice((20, 30, 225, 235)))
    begins, ends = sorted(rng.uniform(0, 1, 2)) if rng.random() < 0.5 else sorted(rng.uniform(0, 1, 2))[::-1]
    ends = begins + np.copysign(max(0.4, abs(ends - begins)), ends - begins)
    found = []
    for n in range(number):
        picture = still.copy()
        left = int((begins + (ends - begins) * n / max(1, number - 1)) * (width - wide))
        picture[top : top + high, max(0, left) : max(0, left + wide)] = level
        found.append(_noisy(picture, rng, quality))
    return found


def raining(width: int, height: int, number: int, quality: int = 80) -> list[bytes]:
    """The same without a thing, in a shower: each picture has its own drops."""
    rng, still, shower = np.random.default_rng(4), scene(width, height).astype(np.int16), rain(4, 150)
    gray = cv2.cvtColor(still.astype(np.uint8), cv2.COLOR_BGR2GRAY).astype(np.float32)
    drops = ((shower(gray, n) - gray).astype(np.int16)[..., None] for n in range(number))
    return [_noisy(still + each, rng, quality) for each in drops]


def _noisy(picture: Any, rng: np.random.Generator, quality: int) -> bytes:
    noisy = (picture + rng.normal(0, 3, picture.shape).astype(np.int16)).clip(0, 255)
    return encode(noisy.astype(np.uint8), quality)


# -- who publishes -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Play:
    """A camera's pictures, played round and round at so many a second; the first comes after `offset_s`."""

    camera: str
    jpegs: list[bytes]
    fps: float
    offset_s: float = 0.0
    topics: Topics = TOPICS


def _publish(plays: list[Play], port: int) -> None:
    cv2.setNumThreads(1)
    link = Link(address(port), "bench-cameras", window=200, max_outbox_bytes=1 << 30)
    threading.Thread(target=link.run, args=(threading.Event(),), daemon=True).start()
    began_s, session = time.monotonic() + 0.2, time.time_ns()  # numbers begin anew with each that plays
    due = [(began_s + play.offset_s, 0, index) for index, play in enumerate(plays)]
    while True:
        due_s, n, index = due[0]
        time.sleep(max(0.0, due_s - time.monotonic()))
        play, now = plays[index], datetime.now(UTC)
        frame = stamp(play.jpegs[n % len(play.jpegs)], FrameId(play.camera, session, n + 1, now))
        link.send(play.topics.frames(play.camera, leaf.LIVE), frame)
        due[0] = (began_s + play.offset_s + (n + 1) / play.fps, n + 1, index)
        due.sort()


@contextlib.contextmanager
def playing(plays: list[Play], port: int) -> Iterator[None]:
    """A process that publishes them."""
    process = _SPAWN.Process(target=_publish, args=(plays, port), daemon=True)
    process.start()
    try:
        yield
    finally:
        process.terminate()
        process.join()


# -- who is measured ---------------------------------------------------------------------------------------


@contextlib.contextmanager
def motion(cameras: list[str], port: int, **settings: Any) -> Iterator[MotionService]:
    """The motion service in this process, with these settings of motion for each camera."""
    for camera in cameras:
        forget(f"{TOPICS.prefix}-motion-{camera}", port)
    with tempfile.TemporaryDirectory() as folder:
        given = {
            "state_dir": folder,
            "cameras": {camera: {"url": "push:", "motion": settings} for camera in cameras},
        }
        service, stop = MotionService(Settings.model_validate(given), address(port)), Stop()
        life = threading.Thread(target=service.run, args=(stop,), name="motion")
        life.start()
        settle()  # as whoever runs services does
        try:
            yield service
        finally:
            stop.set()
            life.join()


def forget(client_id: str, port: int) -> None:
    """What the broker keeps of its session: frames of an earlier round are none of this one's."""
    link, stop = Link(address(port), client_id), threading.Event()
    link.on_connect(stop.set)
    link.run(stop)


def moving(camera: str, port: int, *, warm_s: float, seconds: float, **settings: Any) -> Usage:
    """What the whole service uses per frame that it receives."""
    with motion([camera], port, **settings) as service:
        return measured(functools.partial(_received, service), warm_s=warm_s, seconds=seconds)


def _received(service: MotionService) -> int:
    return sum(int(stats.model_dump()["received"]) for stats in service.account().values())


def carrying(camera: str, port: int, *, again: bool, warm_s: float, seconds: float) -> Usage:
    """What it costs to receive the frames on a session as motion's and to acknowledge each.

    `again` publishes each once more before, as is due inside an event.
    """
    forget("bench-carrying", port)
    link = Link(address(port), "bench-carrying", session=True, manual_ack=True, window=20)
    count = 0

    def take(delivery: Delivery) -> None:
        nonlocal count
        count += 1
        if again:
            link.send(TOPICS.event_frames(camera, "bench"), delivery.payload, on_taken=delivery.ack)
        else:
            delivery.ack()

    link.subscribe(TOPICS.frames(camera, leaf.LIVE), take)
    stop = threading.Event()
    life = threading.Thread(target=link.run, args=(stop,), name="carrying")
    life.start()
    try:
        return measured(lambda: count, warm_s=warm_s, seconds=seconds)
    finally:
        stop.set()
        life.join()


def decoding(jpegs: list[bytes], fps: float, *, seconds: float) -> Usage:
    """What one scaled gray decode after the other costs, so many a second: as often as frames come."""
    cv2.setNumThreads(1)
    began_s, cpu_s, frames = time.monotonic(), time.process_time(), int(seconds * fps)
    for n in range(frames):
        time.sleep(max(0.0, began_s + n / fps - time.monotonic()))
        decode_gray(jpegs[n % len(jpegs)])
    return Usage(frames, time.process_time() - cpu_s, seconds)
