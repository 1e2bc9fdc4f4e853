"""A fan-out with viewers at the other ends of sockets: what each was sent, without any server."""

import asyncio
import re
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from services.contract.frame import FrameId, stamp
from services.gateway.access.welcome import Welcome
from services.gateway.pictures.channel import Channel
from services.gateway.pictures.fanout import Fanout
from services.gateway.pictures.picture import Picture, received
from services.gateway.pictures.wishes import Wishes
from tests.unit.gateway.frames import NOW

#: More than the kernel takes for a viewer who reads nothing.
BIG = 400_000
PLAIN = Wishes()
END = b"\r\n--nightjar\r\n"


def picture(sequence: int, size: int = 100, *, age_s: float = 0.0) -> Picture:
    padding = b"".join(b"\xff\xfe\xff\xff" + b"x" * 65533 for _ in range(size // 65537))
    jpeg = stamp(b"\xff\xd8" + padding + b"\xff\xd9", FrameId("door", 0xAB, sequence, NOW))
    return received(jpeg, NOW)


def tcp_pair() -> tuple[socket.socket, socket.socket]:
    """Both ends of a connection, the second with small buffers (a local socket counts bytes otherwise)."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        ours = socket.socket()
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 * 1024)
        ours.connect(listener.getsockname())
        theirs, _ = listener.accept()
    theirs.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 64 * 1024)
    theirs.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for sock in (ours, theirs):
        sock.setblocking(False)
    return ours, theirs


class Watcher:
    """The other end of a viewer's socket."""

    def __init__(self, shown: dict[int, bytes]) -> None:
        self._shown = shown
        self.sock, self.theirs = tcp_pair()
        self.welcome = True
        self.gone = False
        self._got = bytearray()

    def read(self, most: int) -> bool:
        """Takes so many bytes at most; whether there were any."""
        try:
            data = self.sock.recv(most)
        except (BlockingIOError, ConnectionResetError):
            return False
        self._got += data
        return bool(data)

    def sequences(self) -> list[int]:
        """The numbers of all pictures that it has been sent, each of them just as it was shown."""
        while self.read(1 << 20):
            pass
        parts = [part + END for part in bytes(self._got).split(END)[:-1]]
        numbers = [int(found[1]) for part in parts if (found := re.search(rb"X-Sequence: (\d+)", part))]
        assert [self._shown[number] for number in numbers] == parts
        return numbers


def _is_welcome(watcher: Watcher) -> bool:
    return watcher.welcome


class Scene:
    """One channel and whoever joins it."""

    def __init__(self, fanout: Fanout) -> None:
        self.fanout = fanout
        self.channel = Channel(0.0)
        self.watchers: list[Watcher] = []
        self.shown: dict[int, bytes] = {}

    def join(self, wishes: Wishes = PLAIN) -> Watcher:
        watcher = Watcher(self.shown)
        self.watchers.append(watcher)

        def left() -> None:
            watcher.gone = True

        self.fanout.join(watcher.theirs, self.channel, wishes, Welcome(_is_welcome, watcher), left)
        return watcher

    def show(self, sequence: int, size: int = 100) -> None:
        taken = picture(sequence, size)
        self.shown[sequence] = taken.part
        self.channel.put(taken, 0.0)

    async def until(self, true: Callable[[], bool]) -> None:
        async with asyncio.timeout(5):
            while not true():  # noqa: ASYNC110  (what it waits for is in the kernel)
                await asyncio.sleep(0.001)


@asynccontextmanager
async def watching() -> AsyncIterator[Scene]:
    with Fanout() as fanout:
        scene = Scene(fanout)
        try:
            yield scene
        finally:
            for watcher in scene.watchers:
                watcher.sock.close()
    assert len(fanout) == 0
    assert scene.channel.listeners == []
