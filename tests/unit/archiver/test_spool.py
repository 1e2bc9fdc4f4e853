"""A spool on a real folder: what is in it, what a crash leaves of it, and what it has room for."""

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from services.archiver.spool import Room, Spool, SpoolUnusable, Waiting
from services.archiver.spool.records import HEAD_BYTES
from services.runtime.errors import UserError
from tests.unit.archiver.events import EVENT, LATER, SESSION, frame, frame_id, handover, stored

GB = 1_000_000_000
Add = Callable[..., int]


class Disk:
    def __init__(self) -> None:
        self.free = 100 * GB

    def __call__(self, _folder: Path) -> int:
        return self.free


@pytest.fixture
def disk() -> Disk:
    return Disk()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "spool"


@pytest.fixture
def spool(folder: Path, disk: Disk) -> Spool:
    return opened(folder, disk)


def opened(folder: Path, disk: Disk | None = None, max_bytes: int = GB) -> Spool:
    spool = Spool(folder, Room(max_bytes, GB, disk or Disk()))
    spool.open()
    return spool


def add(spool: Spool, *sequences: int, event: str = EVENT) -> int:
    return spool.add([(("yard", event), frame_id(sequence), frame(sequence)) for sequence in sequences])


def drain(spool: Spool, *, newest_first: bool = False) -> list[tuple[str, int]]:
    """Everything in it, in the order in which it is brought to the store."""
    found = []
    while taken := spool.next(newest_first=newest_first):
        event, segment = taken
        found += [(event[1], record.sequence) for record in segment.read()]
        spool.remove(event, segment)
    return found


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


class TestFrames:
    def test_come_out_as_they_went_in_and_in_order(self, spool: Spool) -> None:
        add(spool, 1, 2)
        add(spool, 3)
        event, segment = spool.next(newest_first=False) or pytest.fail("nothing")
        assert event == ("yard", EVENT)
        assert [(each.session, each.sequence, each.jpeg) for each in segment.read()] == [
            (SESSION, n, frame(n)) for n in (1, 2, 3)
        ]

    def test_of_the_oldest_event_come_first(self, spool: Spool) -> None:
        add(spool, 4, event=LATER)
        add(spool, 1, 2)
        assert drain(spool) == [(EVENT, 1), (EVENT, 2), (LATER, 4)]

    def test_of_the_newest_event_come_first_where_that_is_wished(self, spool: Spool) -> None:
        add(spool, 1, 2)
        add(spool, 4, 5, event=LATER)
        assert drain(spool, newest_first=True) == [(LATER, 4), (LATER, 5), (EVENT, 1), (EVENT, 2)]

    def test_leave_nothing_behind_when_they_are_drained(self, spool: Spool, folder: Path) -> None:
        add(spool, 1, 2)
        drain(spool)
        assert list(folder.iterdir()) == []
        assert spool.bytes == 0
        assert len(spool) == 0

    def test_that_come_while_their_event_is_drained_go_into_a_file_of_their_own(self, spool: Spool) -> None:
        add(spool, 1)
        event, segment = spool.next(newest_first=False) or pytest.fail("nothing")
        add(spool, 2)
        assert [each.sequence for each in segment.read()] == [1]
        spool.remove(event, segment)
        assert drain(spool) == [(EVENT, 2)]

    def test_that_are_drained_are_not_read_again(self, spool: Spool) -> None:
        add(spool, 1, 2)
        _, segment = spool.next(newest_first=False) or pytest.fail("nothing")
        segment.drained.add(next(iter(segment.read())).offset)
        assert [each.sequence for each in segment.read()] == [2]

    def test_are_fsynced_and_so_is_their_folder_before_anybody_hears_of_it(
        self, spool: Spool, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        synced: list[str] = []
        fsync = os.fsync

        def note(descriptor: int) -> None:
            synced.append(Path(f"/proc/self/fd/{descriptor}").readlink().name)
            fsync(descriptor)

        monkeypatch.setattr(os, "fsync", note)
        add(spool, 1, 2)
        assert synced == [folder.parent.name, "spool", "yard", "00000001.open", EVENT]
        synced.clear()
        add(spool, 3)
        assert synced == ["00000001.open"]


class TestNothingIsWritten:
    def test_before_something_is_kept(self, folder: Path) -> None:
        spool = opened(folder)
        assert spool.problem == ""
        assert drain(spool) == []
        assert not folder.exists()


class TestALifeAfterACrash:
    def test_finds_what_was_kept(self, spool: Spool, folder: Path) -> None:
        add(spool, 1, 2)
        add(spool, 4, event=LATER)
        spool.close()
        successor = opened(folder)
        assert successor.bytes == spool.bytes
        assert successor.numbers(("yard", EVENT)) == [(SESSION, 1), (SESSION, 2)]
        assert drain(successor) == [(EVENT, 1), (EVENT, 2), (LATER, 4)]

    @pytest.mark.parametrize("cut", [1, HEAD_BYTES - 1, HEAD_BYTES, HEAD_BYTES + 20])
    def test_drops_what_was_half_written(self, spool: Spool, folder: Path, cut: int) -> None:
        add(spool, 1, 2)
        spool.close()
        [path] = folder.rglob("*.open")
        whole = path.read_bytes()
        one = HEAD_BYTES + len(frame(1))
        path.write_bytes(whole[: one + cut])
        assert drain(opened(folder)) == [(EVENT, 1)]

    def test_drops_what_the_disk_did_not_get_of_a_file_that_has_its_length(
        self, spool: Spool, folder: Path
    ) -> None:
        """A power cut may leave zeros."""
        add(spool, 1, 2)
        spool.close()
        [path] = folder.rglob("*.open")
        whole = path.read_bytes()
        path.write_bytes(whole[:-8] + bytes(8))
        assert drain(opened(folder)) == [(EVENT, 1)]

    def test_forgets_a_file_in_which_nothing_is_whole(self, spool: Spool, folder: Path) -> None:
        add(spool, 1)
        spool.close()
        [path] = folder.rglob("*.open")
        path.write_bytes(path.read_bytes()[:10])
        successor = opened(folder)
        assert len(successor) == 0
        assert files(folder) == []

    def test_goes_on_in_a_new_file(self, spool: Spool, folder: Path) -> None:
        add(spool, 1)
        spool.close()
        successor = opened(folder)
        add(successor, 2)
        assert files(folder) == ["00000001.frames", "00000002.open"]
        assert drain(successor) == [(EVENT, 1), (EVENT, 2)]

    def test_waits_until_the_one_before_has_ended(self, spool: Spool, folder: Path) -> None:
        add(spool, 1)
        with pytest.raises(UserError, match="another archiver uses the spool"):
            opened(folder)


def test_a_frame_that_the_disk_has_changed_is_passed_over_and_the_rest_is_there(
    spool: Spool, folder: Path
) -> None:
    add(spool, 1, 2, 3)
    spool.next(newest_first=False)
    [path] = folder.rglob("*.frames")
    content = bytearray(path.read_bytes())
    content[HEAD_BYTES + len(frame(1)) + HEAD_BYTES + 5] ^= 1
    path.write_bytes(content)
    assert drain(spool) == [(EVENT, 1), (EVENT, 3)]


class TestRoom:
    def test_is_bounded_in_bytes(self, folder: Path) -> None:
        one = HEAD_BYTES + len(frame(1))
        spool = opened(folder, max_bytes=2 * one)
        assert add(spool, 1, 2, 3) == 2
        assert spool.filled == 1.0
        with pytest.raises(SpoolUnusable, match=r"has reached its .* GB; bring the archive back, or raise"):
            add(spool, 3)
        assert "has reached its" in spool.problem
        drain(spool)
        assert add(spool, 3) == 1
        assert spool.problem == ""

    def test_leaves_the_disk_some(self, spool: Spool, disk: Disk) -> None:
        disk.free = GB + 10
        with pytest.raises(SpoolUnusable, match=r"less than 1 GB free; make room there, bring the archive"):
            add(spool, 1)
        disk.free = 2 * GB
        assert add(spool, 1) == 1

    def test_how_full_it_is_depends_on_what_the_disk_has_left(self, spool: Spool, disk: Disk) -> None:
        add(spool, 1)
        disk.free = GB + spool.bytes
        assert spool.filled == 0.5


class TestADiskThatFails:
    @pytest.mark.parametrize(
        ("number", "says"),
        [
            (errno.ENOSPC, "is full; make room there, or bring the archive back"),
            (errno.EROFS, "cannot be written (read-only file system)"),
            (errno.EIO, "does not work (input/output error); look at its disk"),
        ],
    )
    def test_is_told_in_a_sentence_and_takes_frames_again_when_it_works(
        self, spool: Spool, monkeypatch: pytest.MonkeyPatch, number: int, says: str
    ) -> None:
        add(spool, 1)

        def fail(_descriptor: int) -> None:
            raise OSError(number, os.strerror(number))

        with monkeypatch.context() as broken:
            broken.setattr(os, "fsync", fail)
            with pytest.raises(SpoolUnusable) as caught:
                add(spool, 2)
        assert says in str(caught.value)
        add(spool, 2)
        assert drain(spool) == [(EVENT, 1), (EVENT, 2)]

    def test_never_gets_a_second_fsync_of_what_the_first_one_failed_on(
        self, spool: Spool, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The kernel may have dropped the pages and would call the second one a success."""
        add(spool, 1)
        with monkeypatch.context() as broken:
            broken.setattr(os, "fsync", lambda _descriptor: (_ for _ in ()).throw(OSError(errno.EIO, "")))
            with pytest.raises(SpoolUnusable):
                add(spool, 2)
        add(spool, 2)
        assert files(folder) == ["00000001.frames", "00000002.open"]


class TestAnEventThatWasSetAside:
    WAITING = Waiting(handover=handover(1, 2), stored=[stored(1)], failed=[("0" * 16, 2, "too large")])

    def test_is_as_it_was_in_the_next_life(self, spool: Spool, folder: Path) -> None:
        spool.set_aside(self.WAITING)
        spool.close()
        successor = opened(folder)
        assert successor.is_set_aside(("yard", EVENT))
        assert not successor.has_frames(("yard", EVENT))
        assert successor.waiting(("yard", EVENT)) == self.WAITING

    def test_is_gone_when_it_is_answered(self, spool: Spool, folder: Path) -> None:
        spool.set_aside(self.WAITING)
        spool.forget(("yard", EVENT))
        assert list(folder.iterdir()) == []

    def test_outlives_the_draining_of_its_frames(self, spool: Spool) -> None:
        add(spool, 1)
        spool.set_aside(self.WAITING)
        drain(spool)
        assert spool.is_set_aside(("yard", EVENT))
