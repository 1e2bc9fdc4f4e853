"""How capture has the C library behave: memory for pictures is kept at hand between two of them."""

from services.runtime.heaps import ARENA_MAX, MMAP_THRESHOLD, TRIM_THRESHOLD, tell_malloc

#: Bytes: room for the pixels of a picture of 1920x1080, and what stays with us of what is free.
LARGE, AT_HAND = 16 << 20, 16 << 20
#: Threads share so many heaps, so that what is free in one is not out of the others' reach.
HEAPS = 4


def keep_memory_at_hand() -> bool:
    """For the whole process, before its threads start; False where the C library is not glibc.

    glibc gives what is free at a heap's end back to the kernel, from 128 KB on, which then clears page after
    page for the next picture: a seventh of what a preview costs.
    """
    return tell_malloc({MMAP_THRESHOLD: LARGE, TRIM_THRESHOLD: AT_HAND, ARENA_MAX: HEAPS})
