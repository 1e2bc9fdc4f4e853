"""One picture's part of a stream in a file of memory, from which the kernel sends it without a copy."""

import os
import select

from services.gateway.pictures.picture import Picture

#: Elsewhere, such as on macOS, pictures are written into each socket.
AVAILABLE = hasattr(os, "memfd_create") and hasattr(select, "epoll")


class Sheet:
    """Written once and never again: sockets refer to its pages until their last byte is acknowledged.

    Raises `OSError` where there is no memory or no file descriptor for it. The descriptor is closed with the
    last reference: that of the newest picture's viewers, and of each who is still in the middle of it.
    """

    __slots__ = ("fd", "number", "picture", "size")

    def __init__(self, picture: Picture, number: int) -> None:
        """`number`: in the count of those who get it."""
        self.picture, self.number = picture, number
        self.fd = os.memfd_create("nightjar-picture", os.MFD_CLOEXEC)
        pieces = picture.pieces
        self.size = sum(map(len, pieces))
        if os.writev(self.fd, pieces) < self.size:
            raise OSError("there is no memory for a picture")

    def __del__(self) -> None:
        if hasattr(self, "fd"):
            os.close(self.fd)
