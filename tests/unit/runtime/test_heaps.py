import platform
import subprocess
import sys
import threading

import pytest

from services.runtime.heaps import give_back, share_heaps

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


HOLES = """
import threading
from pathlib import Path
from services.runtime.heaps import give_back

def resident_kb():
    return next(int(line.split()[1]) for line in Path("/proc/self/status").open() if line.startswith("VmRSS"))

kept = [bytearray(60_000) for _ in range(1000)]
full_kb = resident_kb()
del kept[:-1]  # the last one lies behind all that is free
before_kb, stop = resident_kb(), threading.Event()
threading.Timer(0.3, stop.set).start()
give_back(stop, every_s=0.05)
print(full_kb - before_kb, full_kb - resident_kb())
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc can be told")
def test_what_is_free_inside_a_heap_is_given_back() -> None:
    told = subprocess.run([sys.executable, "-c", HOLES], capture_output=True, text=True, check=True)
    by_itself_kb, given_back_kb = map(int, told.stdout.split())
    assert by_itself_kb < 20_000
    assert given_back_kb > 50_000


def test_another_c_library_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.runtime.heaps.ctypes.CDLL", lambda _name: object())
    assert not share_heaps(2)
    stopped = threading.Event()
    stopped.set()
    give_back(stopped, every_s=0)
