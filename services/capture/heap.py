"""How capture has the C library behave: memory for pictures is kept at hand between two of them."""

import ctypes

# As in glibc's malloc.h.
_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8
#: Bytes: room for the pixels of a picture of 1920x1080, and what stays with us of what is free.
LARGE, AT_HAND = 16 << 20, 16 << 20
#: Threads share so many heaps, so that what is free in one is not out of the others' reach.
HEAPS = 4


def keep_memory_at_hand() -> bool:
    """For the whole process, before its threads start; False where the C library is not glibc.

    glibc gives what is free at a heap's end back to the kernel, from 128 KB on, which then clears page after
    page for the next picture: a seventh of what a preview costs.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return False
    wanted = {_MMAP_THRESHOLD: LARGE, _TRIM_THRESHOLD: AT_HAND, _ARENA_MAX: HEAPS}
    taken = [mallopt(name, value) for name, value in wanted.items()]
    return all(taken)
