"""Somebody who watches, as far as the hot path knows them."""

import struct
from dataclasses import dataclass, field
from socket import SO_LINGER, SOL_SOCKET, socket

from services.gateway.access.welcome import Welcome
from services.gateway.pictures.pace import Pace
from services.gateway.pictures.sheet import Sheet
from services.gateway.pictures.wishes import Wishes

_RESET = struct.pack("ii", 1, 0)  # on, 0 s


@dataclass(slots=True, eq=False)
class Viewer:
    """A socket of our own, and how far its picture has gone out."""

    socket: socket
    wishes: Wishes
    pace: Pace | None
    welcome: Welcome
    fd: int = field(init=False)
    particular: bool = field(init=False)  # a picture may not be for it, or not now
    granted: bool = False  # its pace has let it pass
    number: int = 0  # of the last picture that it has, in its audience's count
    twice: int = 0  # the number of the picture that it was given once more
    sheet: Sheet | None = None  # while it is in the middle of one
    offset: int = 0
    stalled_at: float = 0.0

    def __post_init__(self) -> None:
        self.fd = self.socket.fileno()
        self.particular = bool(self.pace or self.wishes.max_age_s)

    def close(self, *, at_once: bool) -> None:
        """`at_once`: what it has not yet taken is not waited for."""
        if at_once:
            self.socket.setsockopt(SOL_SOCKET, SO_LINGER, _RESET)
        self.socket.close()
        self.fd, self.particular, self.sheet = -1, True, None
