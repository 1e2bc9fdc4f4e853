"""How the C library keeps memory for a process: with fewer heaps than it has threads, for one."""

import ctypes
import threading
from collections.abc import Mapping

# As in glibc's malloc.h.
TRIM_THRESHOLD, MMAP_THRESHOLD, ARENA_MAX = -1, -3, -8

#: How often what is free goes back to the system.
GIVE_BACK_S = 60.0


def tell_malloc(wanted: Mapping[int, int]) -> bool:
    """For the whole process, before its threads start; False where the C library is not glibc."""
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return False
    taken = [mallopt(name, value) for name, value in wanted.items()]
    return all(taken)


def share_heaps(most: int) -> bool:
    """The same, for the number of heaps alone.

    glibc gives threads heaps of their own, up to eight for each core, and what is free in one is out of the
    others' reach: as objects of ever other sizes come and go, each of them grows for hours until it has room
    for the worst of its moments. Python's threads take turns anyway.
    """
    return tell_malloc({ARENA_MAX: most})


def give_back(stop: threading.Event, every_s: float = GIVE_BACK_S) -> None:
    """Until `stop`, returns what is free inside the heaps to the system now and then.

    By itself glibc returns only what is free at a heap's end: what a bad half minute took, in which frames
    waited for their store, stays with the process for as long as anything younger lies behind it.
    """
    try:
        trim = ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError, TypeError):
        stop.wait()
        return
    while not stop.wait(every_s):
        trim(0)
