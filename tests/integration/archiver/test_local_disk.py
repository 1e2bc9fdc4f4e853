"""SD cards wear: while the store is well the archiver writes no byte to its disk, as the kernel counts it."""

import os
import sys
from pathlib import Path

import pytest

from tests.integration.archiver.archivers import ArchiverProcess, StoreSeen
from tests.integration.archiver.feeding import Feeder, eventually
from tests.servers.faulty_proxy import FaultyProxy

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(sys.platform != "linux", reason="only Linux counts what a process writes"),
]


def written(archiver: ArchiverProcess) -> int:
    """Bytes that the process has caused to be written to a disk."""
    for line in Path(f"/proc/{archiver.pid}/io").read_text().splitlines():
        name, _, count = line.partition(": ")
        if name == "write_bytes":
            return int(count)
    raise KeyError("write_bytes")


def test_nothing_is_written_while_the_store_is_well_and_frames_are_while_it_is_away(
    archiver: ArchiverProcess, feeder: Feeder, proxy: FaultyProxy, seen: StoreSeen, tmp_path: Path
) -> None:
    if os.stat(tmp_path).st_dev == os.stat("/dev/shm").st_dev:  # noqa: PTH116
        pytest.skip("the tests' folder is in memory, where nothing counts as written")
    archiver.start()
    feeder.publish(1)
    eventually("the first frame", lambda: archiver.metric("nightjar_archiver_stored_total") == 1)
    before = written(archiver)
    feeder.publish(*range(2, 101))
    feeder.hand_over()
    eventually("end of the event", lambda: "archived" in feeder.kinds)
    assert written(archiver) == before
    proxy.down()
    feeder.publish(101)
    eventually("a frame in the spool", lambda: archiver.metric("nightjar_archiver_in_spool") == 1)
    assert written(archiver) >= before + len(feeder.frames[101])
    proxy.up()
