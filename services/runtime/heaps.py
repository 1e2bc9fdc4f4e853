"""Has the C library keep fewer heaps than a process has threads."""

import ctypes

_ARENA_MAX = -8  # as in glibc's malloc.h


def share_heaps(most: int) -> bool:
    """For the whole process, before its threads start; False where the C library is not glibc.

    glibc gives threads heaps of their own, up to eight for each core, and what is free in one is out of the
    others' reach: as objects of ever other sizes come and go, each of them grows for hours until it has room
    for the worst of its moments. Python's threads take turns anyway.
    """
    try:
        return bool(ctypes.CDLL(None).mallopt(_ARENA_MAX, most))
    except (AttributeError, OSError, TypeError):
        return False
