import platform
import subprocess
import sys

import pytest

from services.capture.heap import keep_memory_at_hand

CODE = """
import resource, threading
from services.capture.heap import keep_memory_at_hand

def pictures(count):
    for _ in range(count):
        [bytearray(b"x") * 1_000_000 for _ in range(3)]

def faults():
    pictures(20)
    before = resource.getrusage(resource.RUSAGE_THREAD).ru_minflt
    pictures(100)
    print((resource.getrusage(resource.RUSAGE_THREAD).ru_minflt - before) // 100)

assert keep_memory_at_hand()
thread = threading.Thread(target=faults)
thread.start()
thread.join()
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc can be told")
def test_a_picture_takes_the_place_of_the_one_before_it() -> None:
    """In a process of its own: it holds for all of it."""
    found = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)
    assert int(found.stdout) < 5


def test_another_c_library_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.runtime.heaps.ctypes.CDLL", lambda _name: object())
    assert not keep_memory_at_hand()
