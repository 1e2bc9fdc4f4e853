"""Memory of their own for frames that are kept for minutes."""

import mmap
import weakref
from collections import deque

import numpy as np

from services.contract.pieces import Pieces, parts_of

#: Bytes that are asked of the kernel at a time; what no frame was ever written to takes no memory.
SLAB = 1 << 18
#: Slabs without a frame that wait to be filled again: the kernel would clear another one page by page.
SPARE = 2


class Slabs:
    """Frames one after the other, in slabs that are free again as a whole, with the last frame in them.

    On the heap they would lie between the pixels that come and go with each picture, and leave holes there
    which only fit something smaller: it would grow for hours. `put` is for one thread at a time.
    """

    def __init__(self) -> None:
        self._spare: deque[mmap.mmap] = deque(maxlen=SPARE)
        self._room = memoryview(b"")

    def put(self, frame: bytes | Pieces) -> Pieces:
        """The frame as it is kept here, for as long as somebody holds on to it."""
        size = len(frame)
        if size > len(self._room):
            self._room = self._slab(size)
        kept, self._room = self._room[:size], self._room[size:]
        at = 0
        for part in parts_of(frame):
            kept[at : at + len(part)] = part
            at += len(part)
        return Pieces((kept.toreadonly(),))

    def _slab(self, size: int) -> memoryview:
        try:
            mapping = self._spare.pop()
        except IndexError:
            mapping = None
        if mapping is None or len(mapping) < size:
            # Private, since Python's default is memory for several processes, and counted as such.
            flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS
            mapping = mmap.mmap(-1, -(-size // SLAB) * SLAB, flags=flags)
        slab = np.frombuffer(mapping, np.uint8)  # unlike the mapping itself, it lives as long as views of it
        weakref.finalize(slab, self._spare.append, mapping).atexit = False
        return slab.data
