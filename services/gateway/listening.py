"""The HTTP server of the gateway, from its address to its end."""

import asyncio
import os
import socket
import ssl
from asyncio import sslproto
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from services.contract.settings import split_address
from services.gateway import doorman as patience
from services.gateway.doorman import Doorman, Guest
from services.runtime.errors import UserError

GOODBYE_S = 0.2  # what still runs then, such as a page's events, is cut off
#: Who waits in the kernel to be let in, and how many of them are let in before others have their turn.
BACKLOG, AT_ONCE = 4096, 32
#: What is read at once of a TLS connection; a record has no more. asyncio sets so much aside for each as soon
#: as it is there, and 256 KB of its own accord: ten thousand that say nothing would take gigabytes.
TLS_RECORD = 16 * 1024


@asynccontextmanager
async def listening(
    app: web.Application,
    doorman: Doorman,
    listen: str,
    tls: ssl.SSLContext | None = None,
    *,
    shared: bool = False,
) -> AsyncIterator[int]:
    """Serves inside the block; gives the port. `shared`: with other processes of ours.

    Raises UserError where the address cannot be had.
    """
    host, port = split_address(listen)
    if tls:
        sslproto.SSLProtocol.max_size = TLS_RECORD
    # a handler whose viewer has gone is cancelled at once, also while it waits for its camera
    runner = web.AppRunner(app, handler_cancellation=True, access_log=None, shutdown_timeout=GOODBYE_S)
    await runner.setup()
    http = runner.server
    assert http is not None
    try:
        try:
            server = await asyncio.get_running_loop().create_server(
                lambda: Guest(doorman, http, access_log=None),
                host or None,
                port,
                backlog=AT_ONCE,
                reuse_port=shared or None,
                ssl=tls,
                ssl_handshake_timeout=patience.HEAD_S if tls else None,
            )
        except OSError as error:
            number = error.errno or 0
            reason = os.strerror(number) if number > 0 else error.strerror or str(error)
            raise UserError(
                f"cannot listen on {listen} for the dashboard ({reason.lower()}):"
                " set gateway.listen (NIGHTJAR_GATEWAY__LISTEN) to another address"
            ) from None
        try:
            for listener in server.sockets:
                with socket.socket(fileno=os.dup(listener.fileno())) as ours:
                    ours.listen(BACKLOG)
            yield int(server.sockets[0].getsockname()[1])
        finally:
            server.close()
    finally:
        await runner.cleanup()
        await doorman.see_off()
