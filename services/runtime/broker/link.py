"""A client's socket: non-blocking, read into the buffers that payloads stay in, written without joining them.

asyncio's transports are not used: on Python 3.11 they copy whatever the system does not take at once, and a
frame would be copied for each of its subscribers.
"""

import asyncio
import logging
import socket
from collections import deque
from collections.abc import Callable
from itertools import islice
from typing import Final

from services.runtime.broker.connection import CONNECT_MAX_BYTES, Connection
from services.runtime.broker.framing import Framer
from services.runtime.broker.hub import Hub
from services.runtime.broker.wire import Buffer, ProtocolError, Reason

log = logging.getLogger(__name__)

SCRATCH_BYTES: Final = 256 * 1024
_READS_PER_TURN = 4  # then the other clients have their turn
_BUFFERS_PER_WRITE = 128
_MAX_UNSENT_PARTS = 20_000  # a small answer takes more memory than it has bytes
_LINGER_S = 2.0  # for a peer to read why it is disconnected


class Link:
    """One client's connection; `closed` is called with it when it has ended."""

    def __init__(
        self,
        sock: socket.socket,
        loop: asyncio.AbstractEventLoop,
        hub: Hub,
        scratch: memoryview,
        closed: Callable[["Link"], None],
    ) -> None:
        self.unsent_bytes = 0
        self._sock = sock
        self._loop = loop
        self._hub = hub
        self._closed = closed
        self._out: deque[Buffer] = deque()
        self._framer = Framer(scratch, CONNECT_MAX_BYTES)
        self._connection = Connection(hub, self, loop.time())
        self._flush_due = False
        self._writing = False  # the system's buffer is full: it says when there is room
        self._reading = False
        self._closing_at: float | None = None
        self._read(True)

    # -- what the broker calls -----------------------------------------------------------------------------

    def tick(self, now: float) -> None:
        if self._closing_at is not None:
            if now >= self._closing_at:
                self._end()
        elif self._connection.overdue(now):
            self._connection.fail(ProtocolError(Reason.KEEP_ALIVE_TIMEOUT, "it was silent for too long"), now)

    def shut_down(self) -> None:
        """The broker stops: as a peer that is lost, so that its will is told."""
        now = self._loop.time()
        self._connection.fail(ProtocolError(Reason.SHUTTING_DOWN, "the broker stops"), now)
        self._flush()
        self._end()

    # -- what the connection calls -------------------------------------------------------------------------

    def write(self, *parts: Buffer) -> None:
        for part in parts:
            self.unsent_bytes += len(part)
        self._out.extend(parts)
        if not self._flush_due and not self._writing:
            self._flush_due = True
            self._loop.call_soon(self._flush)

    def allow(self, max_packet: int) -> None:
        self._framer.max_packet = max_packet

    def close(self) -> None:
        if self._closing_at is None:
            self._closing_at = self._loop.time() + _LINGER_S
            if not self._flush_due:
                self._loop.call_soon(self._flush)

    # -- the socket ----------------------------------------------------------------------------------------

    def _readable(self) -> None:
        now = self._loop.time()
        self._connection.seen_at = now
        for _ in range(_READS_PER_TURN):
            target = self._framer.target
            try:
                count = self._sock.recv_into(target)
            except (BlockingIOError, InterruptedError):
                return
            except OSError:
                count = 0
            if count == 0:
                self._end()
                return
            if self._closing_at is None:
                self._take(count, now)
            if count < len(target) or not self._reading:
                return

    def _take(self, count: int, now: float) -> None:
        try:
            for packet in self._framer.received(count):
                self._connection.packet(packet, now)
        except ProtocolError as error:
            log.info("a client is disconnected: %s", error)
            self._connection.fail(error, now)
        except Exception:  # one client's packet never stops the broker
            log.exception("a client is disconnected after a fault of the broker")
            self._connection.fail(ProtocolError(Reason.UNSPECIFIED, "a fault of the broker"), now)
        self._balance()

    def _flush(self) -> None:
        self._flush_due = False
        if self._sock.fileno() < 0:
            return
        try:
            while self._out and self._write_some():
                pass
        except OSError:
            self._end()
            return
        self._watch_writable(bool(self._out))
        self._balance()
        if self._closing_at is None:
            self._connection.drained(self._loop.time())
        elif not self._out:
            self._say_goodbye()

    def _write_some(self) -> bool:
        try:
            sent = self._sock.sendmsg(islice(self._out, _BUFFERS_PER_WRITE))
        except (BlockingIOError, InterruptedError):
            return False
        self.unsent_bytes -= sent
        out = self._out
        while sent:
            part = out[0]
            if sent < len(part):
                out[0] = memoryview(part)[sent:]
                break
            sent -= len(part)
            out.popleft()
        return True

    def _balance(self) -> None:
        """A client that asks and does not read the answers is not read from: that bounds their memory."""
        busy = self.unsent_bytes > 2 * self._hub.limits.unsent_bytes or len(self._out) > _MAX_UNSENT_PARTS
        if busy and not self._reading:
            # It cannot be heard now, so reading counts as a sign of life.
            self._connection.seen_at = self._loop.time()
        self._read(not busy)

    def _read(self, wanted: bool) -> None:
        if self._sock.fileno() >= 0 and wanted != self._reading:
            self._reading = wanted
            if wanted:
                self._loop.add_reader(self._sock, self._readable)
            else:
                self._loop.remove_reader(self._sock)

    def _watch_writable(self, wanted: bool) -> None:
        if wanted != self._writing:
            self._writing = wanted
            if wanted:
                self._loop.add_writer(self._sock, self._flush)
            else:
                self._loop.remove_writer(self._sock)

    def _say_goodbye(self) -> None:
        """Closed for writing first: closing over bytes that are unread would reset what was just said."""
        try:
            self._sock.shutdown(socket.SHUT_WR)
        except OSError:
            self._end()

    def _end(self) -> None:
        if self._sock.fileno() < 0:
            return
        self._read(False)
        self._watch_writable(False)
        self._sock.close()
        self._out.clear()
        self.unsent_bytes = 0
        self._connection.lost(self._loop.time())
        self._closed(self)
