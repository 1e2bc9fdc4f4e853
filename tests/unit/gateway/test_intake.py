import pytest

from services.contract.topics import LIVE, PREVIEW
from services.gateway.pictures.intake import OLDEST_S, Intake, Mailbox
from services.gateway.pictures.picture import received
from services.gateway.pictures.tally import Tally
from tests.unit.gateway.frames import NOW, frame


def test_live_viewers_never_see_old_frames() -> None:
    intake = Intake()
    ages = [0.1, OLDEST_S + 0.1, 60, OLDEST_S - 0.1]
    shown = [intake.accept("door", LIVE, frame(age_s=age), NOW) is not None for age in ages]
    assert shown == [True, False, False, True]
    assert intake.account("door", 0, Tally()).late == 2


def test_a_retained_preview_may_be_old() -> None:
    assert Intake().accept("door", PREVIEW, frame(age_s=3600), NOW) is not None


def test_what_is_no_jpeg_is_counted_and_said_once(caplog: pytest.LogCaptureFixture) -> None:
    intake = Intake()
    for payload in (b"", b"hello", frame()[:-2]):
        assert intake.accept("door", LIVE, payload, NOW) is None
    account = intake.account("door", 3, Tally(5, 2))
    assert (account.frames, account.broken, account.viewers) == (3, 3, 3)
    assert (account.shown, account.skipped) == (5, 2)
    assert caplog.messages == ["door: a frame was skipped: the bytes do not begin as a JPEG does"]


def test_many_frames_wake_the_loop_once_and_bring_the_newest() -> None:
    rings: list[str] = []
    mailbox = Mailbox(lambda: rings.append("ring"))
    for sequence in (1, 2, 3):
        mailbox.offer(received(frame(sequence), NOW))
    newest = mailbox.take()
    assert newest is not None
    assert (newest.sequence, rings, mailbox.take()) == (3, ["ring"], None)


def test_after_it_was_served_the_next_frame_wakes_the_loop_again() -> None:
    rings: list[str] = []
    mailbox = Mailbox(lambda: rings.append("ring"))
    for sequence in (1, 2):
        mailbox.offer(received(frame(sequence), NOW))
        mailbox.take()
    assert len(rings) == 2
