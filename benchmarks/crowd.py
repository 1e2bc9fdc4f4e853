"""Viewers by the thousand, from one process: they count what they are sent, or note how old it is."""

import base64
import re
import resource
import select
import socket
import statistics
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

PATIENCE_S = 60.0
_SCRATCH = bytearray(1 << 20)
_HEAD = re.compile(rb"content-length: *(\d+).*?\r\n\r\n", re.IGNORECASE | re.DOTALL)
#: A whole binary message of 126 to 65535 bytes that is a JPEG.
_PICTURE = re.compile(rb"\x82\x7e(..)\xff\xd8\xff", re.DOTALL)
_TAKEN = re.compile(rb"X-Timestamp: ([\d.]+)")


@dataclass(frozen=True, slots=True)
class Counted:
    """What all viewers together were sent in so many seconds."""

    viewers: int
    seconds: float
    parts: float  # pictures, of all viewers together
    part_bytes: float
    slowest_fps: float
    median_fps: float


@dataclass(frozen=True, slots=True)
class Ages:
    """Milliseconds from a picture's capture until a viewer had the whole of it."""

    viewers: int
    pictures: int
    p50_ms: float
    p99_ms: float
    worst_ms: float
    worst_gap_ms: float  # between two pictures of one viewer
    slowest_fps: float
    median_fps: float


class Crowd:
    """So many viewers of one address, all of whom have been sent something."""

    asks, welcome = "", b" 200 "

    def __init__(self, url: str, viewers: int) -> None:
        soft_hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft_hard[1], soft_hard[1]))
        self._parts = urlsplit(url)
        self._epoll = select.epoll()
        self._socks = {sock.fileno(): sock for sock in (self._connect() for _ in range(viewers))}
        for fd in self._socks:
            self._epoll.register(fd, select.EPOLLIN)
        self._drain_until_all(time.monotonic() + PATIENCE_S)

    def __enter__(self) -> "Crowd":
        return self

    def __exit__(self, *_: object) -> None:
        for sock in self._socks.values():
            sock.close()
        self._epoll.close()

    def count(self, seconds: float) -> Counted:
        """Counts bytes, which are thrown away in the kernel: this client is to cost little."""
        part_bytes = self._part_bytes()
        got = dict.fromkeys(self._socks, 0)
        began = now = time.monotonic()
        while now < began + seconds:
            for fd, _ in self._epoll.poll(0.05):
                got[fd] += self._socks[fd].recv_into(_SCRATCH, len(_SCRATCH), socket.MSG_TRUNC)
            now = time.monotonic()
        fps = sorted(size / part_bytes / (now - began) for size in got.values())
        parts = sum(got.values()) / part_bytes
        return Counted(len(fps), now - began, parts, part_bytes, fps[0], statistics.median(fps))

    def ages(self, seconds: float) -> Ages:
        """Reads everything as a player does, and looks at each picture's time."""
        readers = {fd: Reader() for fd in self._socks}
        began = now = time.monotonic()
        while now < began + seconds:
            for fd, _ in self._epoll.poll(0.05):
                size = self._socks[fd].recv_into(_SCRATCH)
                readers[fd].take(memoryview(_SCRATCH)[:size], time.time())
            now = time.monotonic()
        ages = sorted(age for reader in readers.values() for age in reader.ages_s)
        gaps = [b - a for r in readers.values() for a, b in zip(r.moments, r.moments[1:], strict=False)]
        fps = sorted(len(reader.moments) / (now - began) for reader in readers.values())
        p50, p99, worst = (ages[int(share * (len(ages) - 1))] for share in (0.5, 0.99, 1.0))
        return Ages(
            viewers=len(readers),
            pictures=len(ages),
            p50_ms=round(1000 * p50, 2),
            p99_ms=round(1000 * p99, 2),
            worst_ms=round(1000 * worst, 2),
            worst_gap_ms=round(1000 * max(gaps), 1),
            slowest_fps=round(fps[0], 2),
            median_fps=round(statistics.median(fps), 2),
        )

    def _connect(self) -> socket.socket:
        where = self._parts
        sock = socket.create_connection((where.hostname, where.port or 80), timeout=PATIENCE_S)
        login = base64.b64encode(f"{where.username}:{where.password}".encode()).decode()
        auth = f"Authorization: Basic {login}\r\n" if where.username else ""
        path = f"{where.path}?{where.query}" if where.query else where.path
        sock.sendall(f"GET {path} HTTP/1.1\r\nHost: {where.netloc}\r\n{auth}{self.asks}\r\n".encode())
        sock.setblocking(False)
        return sock

    def _drain_until_all(self, until: float) -> None:
        missing = set(self._socks)
        while missing:
            if time.monotonic() > until:
                raise TimeoutError(f"{len(missing)} of {len(self._socks)} viewers were sent nothing")
            for fd, _ in self._epoll.poll(0.05):
                size = self._socks[fd].recv_into(_SCRATCH)
                if fd in missing and self.welcome not in _SCRATCH[: min(size, 16)]:
                    raise ConnectionError(f"a viewer was not let in: {bytes(_SCRATCH[:size])[:200]!r}")
                missing.discard(fd)

    def _part_bytes(self) -> float:
        """What one picture costs on the wire, from the distances of their heads in one viewer's stream."""
        fd = next(iter(self._socks))
        data = bytearray()
        until = time.monotonic() + PATIENCE_S
        while len(heads := list(_HEAD.finditer(data))) < 6:
            if time.monotonic() > until:
                raise TimeoutError("no pictures come, or they do not say how long they are")
            for ready, _ in self._epoll.poll(0.05):
                size = self._socks[ready].recv_into(_SCRATCH)
                if ready == fd:
                    data += _SCRATCH[:size]
        return (heads[-1].start() - heads[1].start()) / (len(heads) - 2)


class Pages(Crowd):
    """Viewers over WebSockets, as a camera's page is; each picture has 65536 bytes at most."""

    asks = (
        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
    )
    welcome = b" 101 "

    def _part_bytes(self) -> float:
        """The length that heads name, and their own four bytes (RFC 6455, section 5.2)."""
        fd, data = next(iter(self._socks)), bytearray()
        until = time.monotonic() + PATIENCE_S
        while not (heads := list(_PICTURE.finditer(data))):
            if time.monotonic() > until:
                raise TimeoutError("no pictures come")
            for ready, _ in self._epoll.poll(0.05):
                size = self._socks[ready].recv_into(_SCRATCH)
                if ready == fd:
                    data += _SCRATCH[:size]
        return 4 + int.from_bytes(heads[0][1], "big")


class Reader:
    """Finds the pictures in one viewer's stream."""

    def __init__(self) -> None:
        self.ages_s: list[float] = []
        self.moments: list[float] = []
        self._head = bytearray()
        self._left = -1  # bytes of the picture that are still to come; -1: its head is
        self._taken = 0.0

    def take(self, data: memoryview, now: float) -> None:
        while len(data):
            if self._left >= 0:
                used = min(self._left, len(data))
                self._left, data = self._left - used, data[used:]
                if not self._left:
                    self._left = -1
                    self._complete(now)
                continue
            before = len(self._head)
            self._head += data[:4096]
            found = _HEAD.search(self._head)
            if found is None:
                data = data[4096:]
                del self._head[:-1024]
                continue
            taken = _TAKEN.search(self._head, 0, found.end())
            self._taken = float(taken[1]) if taken else 0.0
            self._left, data = int(found[1]), data[found.end() - before :]
            self._head.clear()

    def _complete(self, now: float) -> None:
        if self._taken:
            self.moments.append(now)
            self.ages_s.append(now - self._taken)
