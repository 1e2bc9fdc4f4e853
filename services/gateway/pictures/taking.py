"""A viewer's connection, from aiohttp's hands into ours."""

import asyncio
import asyncio.trsock
import os
import socket

from services.gateway.pictures.sheet import AVAILABLE

#: What the kernel may keep for a viewer: its own limit of megabytes is many seconds of a slow viewer's video.
SEND_BUFFER = 256 * 1024
#: A viewer that does not take one picture in so long is gone, and so is one whose machine answers no more.
DEAD_S = 30.0


def taken_out(transport: asyncio.Transport) -> socket.socket | None:
    """The connection as a socket of our own; None where pictures cannot be sent to it from a file.

    Under TLS the bare socket would carry plain text. What aiohttp has not yet got rid of must go first.
    """
    theirs = transport.get_extra_info("socket")
    if not AVAILABLE or theirs is None or transport.get_extra_info("sslcontext"):
        return None
    if transport.is_closing() or transport.get_write_buffer_size():
        return None
    sock = socket.socket(fileno=os.dup(theirs.fileno()))
    sock.setblocking(False)
    return sock


def limit_buffers(transport: asyncio.Transport) -> None:
    """What a viewer lags behind waits in the kernel alone, and not much of it."""
    transport.set_write_buffer_limits(high=1)  # 0 would have TLS in asyncio pause for ever
    if sock := transport.get_extra_info("socket"):
        limit(sock)


def limit(sock: socket.socket | asyncio.trsock.TransportSocket) -> None:
    """A bounded buffer, and an end where nothing of it is acknowledged for too long."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
    if hasattr(socket, "TCP_USER_TIMEOUT") and sock.family in (socket.AF_INET, socket.AF_INET6):
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(DEAD_S * 1000))
