"""Behind a reverse proxy: whose request it is, and what it asked for, as far as the proxy is trusted."""

import ipaddress
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

FOR, PROTO, HOST = "X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host"

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class Proxies:
    """The networks whose word counts."""

    networks: tuple[Network, ...]

    @classmethod
    def of(cls, networks: Iterable[str]) -> "Proxies":
        return cls(tuple(ipaddress.ip_network(network) for network in networks))

    def trusts(self, address: str) -> bool:
        try:
            ip = ipaddress.ip_address(address)
        except ValueError:
            return False
        if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped:
            ip = ip.ipv4_mapped
        return any(ip in network for network in self.networks)

    def client(self, peer: str, forwarded_for: Sequence[str]) -> str:
        """Who really asks: the last address that no proxy of ours has added for another of ours.

        What stands further left is whatever the client chose to claim.
        """
        here = peer
        for hop in reversed([part.strip() for line in forwarded_for for part in line.split(",")]):
            if not self.trusts(here):
                break
            if not (address := _address(hop)):
                break
            here = address
        return here


def forwarded(proxies: Proxies) -> Middleware:
    """Gives handlers the request as the client made it."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        peer = request.remote or ""
        if not proxies.trusts(peer):
            return await handler(request)
        scheme, host = _last(request, PROTO).lower(), _last(request, HOST)
        return await handler(
            request.clone(
                remote=proxies.client(peer, request.headers.getall(FOR, [])),
                scheme=scheme if scheme in ("http", "https") else request.scheme,
                host=host or request.host,
            )
        )

    return middleware


def _last(request: web.Request, header: str) -> str:
    """What the nearest proxy said; what stands before it, a client may have sent. Empty where nobody did."""
    return request.headers.getall(header, [""])[-1].rpartition(",")[2].strip()


def _address(hop: str) -> str:
    """The address of a hop, which may have a port; empty where it is none."""
    bare = hop[1:].partition("]")[0] if hop.startswith("[") else hop
    for text in (bare, bare.rpartition(":")[0]):
        try:
            return str(ipaddress.ip_address(text))
        except ValueError:
            continue
    return ""
