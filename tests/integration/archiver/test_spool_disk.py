"""The spool's own disk fills up, or may not be written, while the store is away: a real small file system."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.archiver.archivers import ArchiverProcess, StoreSeen
from tests.integration.archiver.feeding import Feeder, eventually
from tests.servers.faulty_proxy import FaultyProxy

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(os.getuid() != 0, reason="only root may mount a small disk"),
]


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 1 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m,mode=0700", "none", str(folder)],
        capture_output=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip(f"nothing can be mounted here: {mounted.stderr.decode().strip()}")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.fixture
def archive(archive: dict[str, object], disk: Path) -> dict[str, object]:
    return archive | {"spool_dir": str(disk / "spool"), "spool_free_gb": 0}


def remount(disk: Path, options: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{options}", str(disk)], check=True)


def test_a_full_disk_pauses_and_room_ends_the_pause(
    archiver: ArchiverProcess, feeder: Feeder, proxy: FaultyProxy, seen: StoreSeen, disk: Path
) -> None:
    archiver.start()
    (disk / "of somebody else").write_bytes(bytes(600_000))
    proxy.down()
    feeder.publish(*range(1, 61))
    feeder.hand_over()
    eventually("pause", lambda: feeder.info().get("paused"))
    assert any("make room" in problem for problem in archiver.problems() or [])
    remount(disk, "size=8m")
    eventually("word that it is spooled", lambda: "spooled" in feeder.kinds)
    eventually("end of the pause", lambda: feeder.info().get("paused") is False)
    proxy.up()
    eventually("end of the event", lambda: "archived" in feeder.kinds)
    seen.check_whole(feeder)


def test_a_disk_that_may_not_be_written_is_said_before_it_is_needed_and_heals(
    archiver: ArchiverProcess, feeder: Feeder, proxy: FaultyProxy, seen: StoreSeen, disk: Path
) -> None:
    remount(disk, "ro")
    archiver.start()
    assert any("cannot be written (read-only file system)" in each for each in archiver.problems() or [])
    proxy.down()
    feeder.publish(*range(1, 11))
    feeder.hand_over()
    eventually("pause", lambda: feeder.info().get("paused"))
    remount(disk, "rw,size=8m")
    eventually("word that it is spooled", lambda: "spooled" in feeder.kinds)
    assert not any("cannot be written" in each for each in archiver.problems() or [])
    proxy.up()
    eventually("end of the event", lambda: "archived" in feeder.kinds)
    seen.check_whole(feeder)
