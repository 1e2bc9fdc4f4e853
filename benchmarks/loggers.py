"""What stands beside capture's schedule: other loggers, a camera that is asked, and who keeps a core busy."""

import contextlib
import os
import socket
import statistics
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle, pairwise

from services.capture.cameras.encode import encode
from services.capture.cameras.street import Street
from services.contract.urls import DemoUrl


@dataclass(frozen=True, slots=True)
class Moments:
    """When pictures were asked for, and when they should have been; seconds on one clock."""

    asked_s: Sequence[float]
    due_s: Sequence[float]

    @property
    def errors_ms(self) -> list[float]:
        return [(asked - due) * 1000 for asked, due in zip(self.asked_s, self.due_s, strict=True)]

    @property
    def intervals_s(self) -> list[float]:
        return [after - before for before, after in pairwise(self.asked_s)]

    @property
    def worst_ms(self) -> float:
        return max(self.errors_ms, key=abs)

    def line(self) -> str:
        errors, intervals = self.errors_ms, self.intervals_s
        return (
            f"{len(errors)} pictures, error mean {statistics.mean(errors):.3f} ms, standard deviation "
            f"{statistics.stdev(errors):.3f} ms, worst {self.worst_ms:.3f} ms; intervals: mean "
            f"{statistics.mean(intervals):.6f} s, standard deviation {statistics.stdev(intervals):.6f} s"
        )


def naive(seconds: float, interval_s: float) -> Moments:
    """A picture, a sleep, a picture, a sleep."""
    street, began_s = Street(DemoUrl()), time.monotonic()
    asked: list[float] = []
    while (now_s := time.monotonic()) < began_s + seconds:
        asked.append(now_s)
        encode(street.render(len(asked), len(asked)), 85)
        time.sleep(interval_s)
    return Moments(asked, [asked[0] + n * interval_s for n in range(len(asked))])


def bare(seconds: float, interval_s: float) -> Moments:
    """Sleeps until each deadline, and does nothing then."""
    began_s = time.monotonic()
    due = [began_s + n * interval_s for n in range(1, int(seconds / interval_s) + 1)]
    asked = []
    for due_s in due:
        time.sleep(max(0.0, due_s - time.monotonic()))
        asked.append(time.monotonic())
    return Moments(asked, due)


def busy(seconds: float, core: int) -> None:
    """Keeps one core busy for so long."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {core})
    until_s = time.monotonic() + seconds
    while time.monotonic() < until_s:
        sum(range(10_000))


def still_camera(port: int, jpegs: list[bytes], seconds: float) -> list[float]:
    """A camera on 127.0.0.1 that gives one picture per request, for so long; when it was asked (UTC)."""
    asked: list[float] = []
    pictures = cycle(jpegs)

    def answer(client: socket.socket) -> None:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with client, contextlib.suppress(OSError):
            while client.recv(4096):  # a request fits into one
                asked.append(time.time())
                jpeg = next(pictures)
                head = f"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n"
                client.sendall(head.encode() + jpeg)

    until_s = time.monotonic() + seconds
    with socket.create_server(("127.0.0.1", port)) as listener:
        while (rest_s := until_s - time.monotonic()) > 0:
            listener.settimeout(rest_s)
            with contextlib.suppress(TimeoutError):
                client, _ = listener.accept()
                client.settimeout(None)
                threading.Thread(target=answer, args=(client,), daemon=True).start()
    return asked
