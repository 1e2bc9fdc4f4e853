"""The HTTP server of the gateway, from its address to its end."""

import os
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from services.contract.settings import split_address
from services.runtime.errors import UserError

GOODBYE_S = 0.2  # what still runs then, such as a live stream, is cut off


@asynccontextmanager
async def listening(
    app: web.Application, listen: str, tls: ssl.SSLContext | None = None
) -> AsyncIterator[int]:
    """Serves inside the block; gives the port. Raises UserError where the address cannot be had."""
    host, port = split_address(listen)
    # a handler whose viewer has gone is cancelled at once, also while it waits for its camera
    runner = web.AppRunner(app, handler_cancellation=True, access_log=None, shutdown_timeout=GOODBYE_S)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port, backlog=1024, ssl_context=tls)
        try:
            await site.start()
        except OSError as error:
            number = error.errno or 0
            reason = os.strerror(number) if number > 0 else error.strerror or str(error)
            raise UserError(
                f"cannot listen on {listen} for the dashboard ({reason.lower()}):"
                " set gateway.listen (NIGHTJAR_GATEWAY__LISTEN) to another address"
            ) from None
        yield site.port
    finally:
        await runner.cleanup()
