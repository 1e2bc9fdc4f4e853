from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest

from services.archive.checking import Seen, unexplained, wrong_frame
from services.contract.archive import Manifest, StoredFrame
from services.contract.events import Missing
from services.contract.experiments import Slice
from services.contract.frame import FrameId, stamp
from tests.unit.contract.jpegs import jpeg

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
ONE, TWO = "0" * 15 + "1", "0" * 15 + "2"


def stored(sequence: int, session: str = ONE) -> StoredFrame:
    data = picture(sequence, session)
    time = NOON + timedelta(seconds=sequence, hours=session == TWO)
    return StoredFrame(
        session=session,
        sequence=sequence,
        time=time,
        key=f"k{sequence}",
        bytes=len(data),
        sha256=sha256(data).hexdigest(),
    )


def picture(sequence: int, session: str = ONE, camera: str = "door") -> bytes:
    return stamp(jpeg(), FrameId(camera, int(session, 16), sequence, NOON))


def manifest(*frames: StoredFrame, missing: tuple[Missing, ...] = (), event: str = "ab01") -> Manifest:
    return Manifest(
        camera="door",
        event=f"20261120T120000Z-{event}",
        reason="motion",
        started=NOON,
        ended=NOON,
        frames=list(frames),
        missing=list(missing),
    )


def gone(first: int, last: int, session: str = ONE) -> Missing:
    return Missing(session=session, first=first, last=last, why="nobody has it any more")


class TestAFrame:
    def test_that_is_as_it_was_stored_is_right(self) -> None:
        assert wrong_frame(stored(5), "door", picture(5)) is None

    def test_that_was_cut_off_has_another_size(self) -> None:
        data = picture(5)
        assert (
            wrong_frame(stored(5), "door", data[:-1])
            == f"k5 has {len(data) - 1} bytes instead of {len(data)}"
        )

    def test_in_which_one_bit_was_turned_has_another_hash(self) -> None:
        data = bytearray(picture(5))
        data[-3] ^= 1
        assert (
            wrong_frame(stored(5), "door", bytes(data)) == "k5 is not what was stored: its SHA-256 is another"
        )

    @pytest.mark.parametrize("other", [picture(6), picture(5, TWO), picture(5, camera="yard"), jpeg()])
    def test_under_anothers_key_is_found_out_although_its_hash_is_right(self, other: bytes) -> None:
        listed = stored(5).model_copy(update={"bytes": len(other), "sha256": sha256(other).hexdigest()})
        assert wrong_frame(listed, "door", other) == "k5 is another frame than number 5 of door"


class TestNumbers:
    def test_in_a_row_need_no_explanation(self) -> None:
        assert unexplained(manifest(stored(5), stored(6), stored(7))) == []

    def test_that_are_left_out_do(self) -> None:
        whole = manifest(stored(5), stored(7), stored(10))
        assert unexplained(whole) == [
            f"number 6 of session {ONE}: neither there nor explained",
            f"numbers 8 to 9 of session {ONE}: neither there nor explained",
        ]

    def test_that_the_manifest_names_as_missing_are_explained(self) -> None:
        assert unexplained(manifest(stored(5), stored(7), stored(10), missing=(gone(6, 9),))) == []
        assert unexplained(manifest(stored(5), stored(7), missing=(gone(6, 6, TWO),))) != []

    def test_of_a_session_that_began_in_the_middle_begin_with_1(self) -> None:
        frames = (stored(5), stored(3, TWO), stored(4, TWO))
        assert unexplained(manifest(*frames)) == [
            f"numbers 1 to 2 of session {TWO}: neither there nor explained"
        ]
        assert unexplained(manifest(*frames, missing=(gone(1, 2, TWO),))) == []

    def test_that_are_there_twice_are_said(self) -> None:
        assert unexplained(manifest(stored(5), stored(5))) == [f"number 5 of session {ONE} is listed twice"]

    def test_of_a_slice_have_others_between_them(self) -> None:
        whole = manifest(stored(5), stored(9)).model_copy(update={"slice": Slice(interval_s=10)})
        assert unexplained(whole) == []


class TestSeveralEvents:
    def test_share_no_number(self) -> None:
        seen = Seen()
        assert seen.doubled(manifest(*map(stored, range(5, 10)))) == []
        assert seen.doubled(manifest(*map(stored, range(10, 15)), event="ab02")) == []
        assert seen.doubled(manifest(*map(stored, range(1, 5)), event="ab03")) == []
        assert seen.doubled(manifest(stored(7, TWO), event="ab04")) == []

    def test_that_do_are_named(self) -> None:
        seen = Seen()
        seen.doubled(manifest(*map(stored, range(20, 30)), event="ab02"))
        seen.doubled(manifest(*map(stored, range(5, 10))))
        assert seen.doubled(manifest(*map(stored, range(8, 22)), event="ab03")) == [
            f"numbers 8 to 9 of session {ONE} belong to 20261120T120000Z-ab01 as well",
            f"numbers 20 to 21 of session {ONE} belong to 20261120T120000Z-ab02 as well",
        ]
