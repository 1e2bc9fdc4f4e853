"""When the gateway stops it leaves no connection open, whatever those on it do."""

import asyncio
import gc
import socket
import warnings

from aiohttp import web

from services.gateway.doorman import Doorman
from services.gateway.listening import listening

LARGE = 32 << 20  # more than the kernel takes for somebody who does not read


async def served(slow: socket.socket) -> list[socket.socket]:
    """Those who were there when it stopped: one that does not read, an idle one, one that came at the end."""
    doorman, asked = Doorman(), asyncio.Event()

    async def large(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": str(LARGE)})
        await response.prepare(request)
        assert request.transport
        request.transport.write(bytes(LARGE))
        asked.set()
        return response

    app = web.Application(middlewares=[doorman.middleware])
    app.router.add_get("/", large)
    async with listening(app, doorman, "127.0.0.1:0") as port:
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow.connect(("127.0.0.1", port))
        slow.sendall(b"GET / HTTP/1.1\r\nHost: here\r\n\r\n")
        await asyncio.wait_for(asked.wait(), 10)
        idle = socket.create_connection(("127.0.0.1", port))
        await asyncio.sleep(0.1)
        last = socket.create_connection(("127.0.0.1", port))
    return [idle, last]


def test_no_connection_stays_open_when_it_stops() -> None:
    with socket.socket() as slow, warnings.catch_warnings(record=True) as complaints:
        warnings.simplefilter("always")
        others = asyncio.run(served(slow))
        gc.collect()
        for other in others:
            other.close()
    assert [str(each.message) for each in complaints] == []
