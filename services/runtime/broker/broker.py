"""The embedded broker's life: one listening socket, one event loop, one state file."""

import asyncio
import logging
import socket
import threading
import time
from collections.abc import Mapping
from pathlib import Path

from services.runtime.broker import state
from services.runtime.broker.hub import SMALL_BYTES, Hub, Limits
from services.runtime.broker.link import SCRATCH_BYTES, Link
from services.runtime.broker.stats import Stats
from services.runtime.broker.users import User
from services.runtime.broker.wire import Buffer

log = logging.getLogger(__name__)

_TICK_S = 0.1
_BACKLOG = 128
_NO_SOCKETS_PAUSE_S = 1.0


class Broker:
    """An MQTT broker (3.1.1, and 5 as far as Home Assistant and paho use it), living in the thread of `run`.

    The state file (None: nothing outlives the broker) holds retained messages, durable sessions and what is
    owed to them. A clean stop saves all of it, up to `max_queue_bytes` of queued payload. While it runs,
    sessions and subscriptions are saved within a second of a change, retained messages and what is queued
    for absent clients within 30 s, and no payload over 16 KB at all, since storage wears. So a broker that is
    killed with SIGKILL has forgotten up to 30 s of small messages, and every larger one that it retained or
    had acknowledged and not delivered yet; what a client had acknowledged may come again.

    A session's memory is bounded by `max_queue_bytes`, unacknowledged messages included (the newest is
    dropped and counted); the retained messages by as much; what a client does not read of QoS 0 by
    `max_unsent_bytes`. `window` is for MQTT 3.1.1; a client of MQTT 5 names its own.
    """

    def __init__(
        self,
        listen: tuple[str, int],
        users: Mapping[str, User],
        state_file: Path | None,
        *,
        max_packet_bytes: int = 8 << 20,
        max_queue_bytes: int = 64 << 20,
        max_unsent_bytes: int = 4 << 20,
        window: int = 20,
    ) -> None:
        self.ready = threading.Event()
        self.port = listen[1]
        self._listen = listen
        self._state_file = state_file
        self._hub = Hub(users, Limits(max_packet_bytes, max_queue_bytes, max_unsent_bytes, window))
        self._links: set[Link] = set()
        self._saves = True  # whether the last attempt went well

    @property
    def stats(self) -> Stats:
        """The live counters; any thread may read them."""
        return self._hub.stats

    def wait_ready(self, timeout: float | None = None) -> bool:
        """Whether it listens, after waiting for that up to `timeout` seconds."""
        return self.ready.wait(timeout)

    def run(self, stop: threading.Event) -> None:
        """Serves until `stop` is set. Once per object. Raises `OSError` where it cannot listen."""
        with self._bind() as listener:
            self.port = listener.getsockname()[1]
            asyncio.run(self._serve(listener, stop))

    def _bind(self) -> socket.socket:
        family = socket.AF_INET6 if ":" in self._listen[0] else socket.AF_INET
        listener = socket.create_server(self._listen, family=family, backlog=_BACKLOG)
        listener.setblocking(False)
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # what it accepts inherits both
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        return listener

    async def _serve(self, listener: socket.socket, stop: threading.Event) -> None:
        self._load()
        accepting = asyncio.create_task(self._accept(listener), name="broker-accept")
        self.ready.set()
        try:
            while not stop.is_set():
                await asyncio.sleep(_TICK_S)
                await self._tick()
                if accepting.done():
                    await accepting  # it only ends by a fault, which ends the broker
        finally:
            self.ready.clear()
            accepting.cancel()
            for link in list(self._links):
                link.shut_down()
            self._save()

    async def _accept(self, listener: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        scratch = memoryview(bytearray(SCRATCH_BYTES))
        while True:
            try:
                client, _ = await loop.sock_accept(listener)
            except (
                OSError
            ) as error:  # most likely no file descriptor is left: clients that leave give some back
                log.warning("no client can be taken for a moment: %s", error)
                await asyncio.sleep(_NO_SOCKETS_PAUSE_S)
                continue
            self._links.add(Link(client, loop, self._hub, scratch, self._links.discard))

    async def _tick(self) -> None:
        now = asyncio.get_running_loop().time()
        self._hub.tick(now)
        for link in list(self._links):
            link.tick(now)
        if self._hub.save_at is not None and now >= self._hub.save_at and self._state_file is not None:
            self._hub.save_at = None
            parts = state.dump(self._hub, now, time.time(), largest=SMALL_BYTES)
            await asyncio.to_thread(self._write, self._state_file, parts)

    def _load(self) -> None:
        if self._state_file is None or not self._state_file.exists():
            return
        now = asyncio.get_running_loop().time()
        try:
            state.load(self._hub, self._state_file.read_bytes(), now, time.time())
        except state.UnreadableState as error:
            aside = self._state_file.with_name(f"{self._state_file.name}.unreadable")
            self._state_file.replace(aside)
            log.warning(
                "the broker starts with nothing retained and no sessions: %s (kept as %s)", error, aside
            )

    def _save(self) -> None:
        if self._state_file is not None:
            now = asyncio.get_running_loop().time()
            self._write(self._state_file, state.dump(self._hub, now, time.time()))

    def _write(self, path: Path, parts: list[Buffer]) -> None:
        try:
            state.write(path, parts)
        except OSError as error:
            if self._saves:
                log.warning("the broker's state cannot be saved: %s", error)
            self._saves = False
        else:
            if not self._saves:
                log.info("the broker's state is saved again")
            self._saves = True
