"""What the capture benchmarks stand on: cameras, a broker and a process that is measured, each apart.

Only the processor time of the measured process counts, of all its threads; whoever serves it is elsewhere.
"""

import contextlib
import functools
import multiprocessing
import os
import random
import socket
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import count
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, TypeVar

import cv2

from services.capture.cameras.encode import Image, encode
from services.capture.cameras.street import Street
from services.capture.service import CaptureService
from services.contract.settings import Settings
from services.contract.urls import DemoUrl
from services.runtime.mqtt import BrokerAddress

T = TypeVar("T")

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=frame\r\n\r\n"
#: What the brokers of `benchmarks.broker` let in.
USER, PASSWORD = "u", "p"
_SPAWN = multiprocessing.get_context("spawn")


# -- pictures ----------------------------------------------------------------------------------------------


def street(width: int, height: int, number: int, fps: int = 15) -> list[Image]:
    """Pictures of the demo's street, with its noise, while somebody crosses it."""
    drawn = Street(DemoUrl(width=width, height=height, fps=fps))
    return [drawn.render(n, n).copy() for n in range(8 * fps, 8 * fps + number)]


def jpegs_of(images: list[Image], kilobytes: int) -> list[bytes]:
    """The pictures as JPEGs of about so many KB each, whatever quality that takes."""
    quality = min(range(20, 101, 2), key=lambda q: abs(len(encode(images[0], q)) - kilobytes * 1000))
    return [encode(image, quality) for image in images]


# -- a process of its own ----------------------------------------------------------------------------------


class Apart:
    """A process that does one thing after the other as it is told, and is otherwise idle."""

    def __init__(self) -> None:
        self._pipe, theirs = _SPAWN.Pipe()
        self._process = _SPAWN.Process(target=_obey, args=(theirs,), daemon=True)
        self._process.start()
        theirs.close()

    def __call__(self, what: Callable[..., T], *arguments: Any, **named: Any) -> T:
        """What the function answers there. Raises `RuntimeError` with what it raised."""
        self._pipe.send(functools.partial(what, *arguments, **named))
        done, answer = self._pipe.recv()
        if not done:
            raise RuntimeError(answer)
        found: T = answer
        return found

    def close(self) -> None:
        self._process.terminate()
        self._process.join()


def _obey(pipe: Connection) -> None:
    cv2.setNumThreads(1)
    while True:
        try:
            order = pipe.recv()
        except EOFError:
            return
        try:
            pipe.send((True, order()))
        except Exception as error:  # noqa: BLE001  (raised again where the order came from)
            pipe.send((False, repr(error)))


@contextlib.contextmanager
def apart() -> Iterator[Apart]:
    process = Apart()
    try:
        yield process
    finally:
        process.close()


# -- cameras -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Stream:
    """A camera's endless pictures; `with_length` says whether each part's header names its length.

    They come up to one step late, by chance: of two subjects that look at the same stream at the same time,
    one would else always wake right after the other, and find the processor warm.
    """

    jpegs: list[bytes]
    fps: float
    with_length: bool = True

    def parts(self) -> list[bytes]:
        return [self._part(jpeg) for jpeg in self.jpegs]

    def _part(self, jpeg: bytes) -> bytes:
        length = f"Content-Length: {len(jpeg)}\r\n" if self.with_length else ""
        return f"--frame\r\nContent-Type: image/jpeg\r\n{length}\r\n".encode() + jpeg + b"\r\n"


def _serve(streams: Mapping[str, Stream], listener: socket.socket) -> None:
    parts = {name: (stream.parts(), stream.fps) for name, stream in streams.items()}
    while True:
        client, _ = listener.accept()
        threading.Thread(target=_play, args=(client, parts), daemon=True).start()


def _play(client: socket.socket, streams: Mapping[str, tuple[list[bytes], float]]) -> None:
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with client, contextlib.suppress(OSError):
        request = client.recv(4096).split()
        parts, fps = streams[request[1].decode().strip("/").partition("/")[0]]
        client.sendall(HEAD)
        began_s = time.monotonic()
        for n in count():
            time.sleep(max(0.0, began_s + (n + random.random()) / fps - time.monotonic()))
            client.sendall(parts[n % len(parts)])


@contextlib.contextmanager
def cameras(streams: Mapping[str, Stream]) -> Iterator[int]:
    """A port of 127.0.0.1 on which `/<name>` and `/<name>/<anything>` play that stream from its beginning."""
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listener:
        process = _SPAWN.Process(target=_serve, args=(streams, listener), daemon=True)
        process.start()
        try:
            yield listener.getsockname()[1]
        finally:
            process.terminate()
            process.join()


# -- capture -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Usage:
    """What a process used over a while: its processor time, and the frames that the broker took from it."""

    frames: int
    cpu_s: float
    seconds: float
    rss_bytes: int = 0

    @property
    def us_per_frame(self) -> float:
        return self.cpu_s / self.frames * 1e6

    @property
    def ms_per_second(self) -> float:
        return self.cpu_s / self.seconds * 1e3


def measured(taken: Callable[[], int], *, warm_s: float, seconds: float) -> Usage:
    """What this process uses for so many seconds, after others in which it may find its pace."""
    time.sleep(warm_s)
    frames, cpu_s, began_s = taken(), time.process_time(), time.monotonic()
    time.sleep(seconds)
    cpu_s, lasted_s = time.process_time() - cpu_s, time.monotonic() - began_s
    return Usage(taken() - frames, cpu_s, lasted_s, resident())


def resident() -> int:
    """Bytes of this process that are in memory; 0 where the system does not tell."""
    statm = Path("/proc/self/statm")
    return int(statm.read_text().split()[1]) * 4096 if statm.exists() else 0


def capture(
    urls: list[str], port: int, *, warm_s: float, seconds: float, prefix: str = "", **settings: Any
) -> Usage:
    """What the capture service uses, with all that belongs to it, for cameras with these settings.

    Without a `prefix` for its topics it has one of its own: two of one prefix take each other's connections.
    """
    cv2.setNumThreads(-1)  # as many as it likes: what it does about that is its own affair
    with tempfile.TemporaryDirectory() as folder:
        given = {
            "state_dir": folder,
            "mqtt": {"prefix": prefix or f"bench{os.getpid()}"},
            "cameras": {
                f"cam-{os.getpid()}-{n}": {"url": url, "capture": {"preview": False, **settings}}
                for n, url in enumerate(urls)
            },
        }
        address = BrokerAddress("127.0.0.1", port, USER, PASSWORD)
        service = CaptureService(Settings.model_validate(given), address)
        stop = threading.Event()
        life = threading.Thread(target=service.run, args=(stop,), name="capture")
        life.start()
        try:
            return measured(
                lambda: sum(stats.model_dump()["published"] for stats in service.account().values()),
                warm_s=warm_s,
                seconds=seconds,
            )
        finally:
            stop.set()
            life.join()


# -- rounds ------------------------------------------------------------------------------------------------


def alternately(rounds: int, **measures: Callable[[], T]) -> dict[str, list[T]]:
    """Each measure once per round, one after the other: for those that need the whole machine."""
    found: dict[str, list[T]] = {name: [] for name in measures}
    for _ in range(rounds):
        for name, measure in measures.items():
            found[name].append(measure())
    return found


def side_by_side(rounds: int, measures: Mapping[str, Callable[[], Usage]]) -> dict[str, list[Usage]]:
    """All of them at the same time, round after round: what else the machine does meets all of them alike."""
    found: dict[str, list[Usage]] = {name: [] for name in measures}
    with ThreadPoolExecutor(len(measures)) as threads:
        for _ in range(rounds):
            under_way = {name: threads.submit(measure) for name, measure in measures.items()}
            for name, usage in under_way.items():
                found[name].append(usage.result())
    return found


def median_ratio(found: Mapping[str, list[Usage]], measured: str = "measured", floor: str = "floor") -> float:
    """Processor time per frame beside the floor's: the median of the rounds' ratios."""
    pairs = zip(found[measured], found[floor], strict=True)
    return statistics.median(ours.us_per_frame / theirs.us_per_frame for ours, theirs in pairs)


def median_us(usages: list[Usage]) -> float:
    """Microseconds of processor time per frame, the median of the rounds."""
    return statistics.median(usage.us_per_frame for usage in usages)
