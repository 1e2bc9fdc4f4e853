import platform
import subprocess
import sys

import pytest

from services.runtime.heaps import share_heaps

#: How many heaps there are is told by `malloc_info`, as XML with an element for each.
CODE = """
import ctypes, sys, threading
from services.runtime.heaps import share_heaps

if "shared" in sys.argv:
    assert share_heaps(2)
libc, all_are_there = ctypes.CDLL(None), threading.Barrier(9)

def live():
    kept = bytearray(100_000)
    all_are_there.wait()
    all_are_there.wait()

threads = [threading.Thread(target=live) for _ in range(8)]
for thread in threads:
    thread.start()
all_are_there.wait()
libc.fdopen.restype = ctypes.c_void_p
out = ctypes.c_void_p(libc.fdopen(1, b"w"))
libc.malloc_info(0, out)
libc.fflush(out)
all_are_there.wait()
"""


def heaps(*words: str) -> int:
    """Of eight threads, in a process of its own."""
    told = subprocess.run([sys.executable, "-c", CODE, *words], capture_output=True, text=True, check=True)
    return told.stdout.count("<heap ")


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc can be told")
def test_eight_threads_have_two_heaps() -> None:
    assert heaps() > 2
    assert heaps("shared") == 2


def test_another_c_library_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.runtime.heaps.ctypes.CDLL", lambda _name: object())
    assert not share_heaps(2)
