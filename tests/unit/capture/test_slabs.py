import gc
import resource
from pathlib import Path

import pytest

from services.capture.slabs import SLAB, SPARE, Slabs
from services.contract.pieces import Pieces


def test_a_frame_is_kept_as_it_was() -> None:
    slabs = Slabs()
    frames = [bytes([n]) * size for n, size in enumerate((1, SLAB // 3, SLAB // 2, SLAB, 2 * SLAB + 1, 7))]
    kept = [slabs.put(frame) for frame in frames]
    assert [bytes(each) for each in kept] == frames


def test_pieces_are_joined() -> None:
    assert bytes(Slabs().put(Pieces((b"one", memoryview(b"two"))))) == b"onetwo"


def test_a_frame_stays_while_somebody_holds_on_to_it() -> None:
    slabs = Slabs()
    kept = slabs.put(b"kept")
    for _ in range(10):
        slabs.put(bytes(SLAB))
    assert bytes(kept) == b"kept"


def test_nobody_can_change_what_is_kept() -> None:
    (part,) = Slabs().put(b"kept").parts
    with pytest.raises(TypeError):
        memoryview(part)[0] = 0


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="only Linux tells")
def test_frames_take_the_place_of_those_before_them_and_memory_comes_back() -> None:
    slabs, before = Slabs(), _resident()
    kept = [slabs.put(bytes(SLAB)) for _ in range(100)]
    assert _resident() - before > 90 * SLAB
    for _ in range(3):
        kept = [*kept[50:], *(slabs.put(bytes(SLAB)) for _ in range(50))]
    assert _resident() - before < 110 * SLAB
    kept.clear()
    gc.collect()
    assert _resident() - before < (SPARE + 5) * SLAB


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="only Linux tells")
def test_a_slab_is_filled_again_without_the_kernel() -> None:
    slabs, frame = Slabs(), bytes(SLAB)
    for _ in range(3):
        slabs.put(frame)
    before = _faults()
    for _ in range(10):
        slabs.put(frame)
    assert _faults() - before < SLAB // resource.getpagesize()


def _faults() -> int:
    return resource.getrusage(resource.RUSAGE_THREAD).ru_minflt


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()
