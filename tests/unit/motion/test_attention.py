"""When a frame may be left out, and who looks at each."""

from services.motion.attention import BURST_S, BUSY, Attention
from services.motion.backlog import LATE_S


def test_a_burst_is_no_reason_to_leave_anything_out() -> None:
    attention = Attention(0.0)
    assert not attention.busy(waiting=100, age_s=0.1, now_s=BURST_S)


def test_who_has_been_behind_for_long_leaves_frames_out_until_it_has_caught_up() -> None:
    attention = Attention(0.0)
    assert attention.busy(waiting=BUSY, age_s=0.1, now_s=BURST_S + 0.1)
    assert not attention.busy(waiting=BUSY - 1, age_s=0.1, now_s=BURST_S + 0.2)
    assert not attention.busy(waiting=BUSY, age_s=0.1, now_s=2 * BURST_S)


def test_what_was_kept_while_we_were_away_is_all_looked_at() -> None:
    attention = Attention(0.0)
    attention.connected()
    assert not attention.busy(waiting=100, age_s=LATE_S + 1, now_s=BURST_S + 1)
    assert attention.busy(waiting=100, age_s=0.1, now_s=BURST_S + 2), "and what is live is not"


def test_it_is_tuned_until_then() -> None:
    attention = Attention(0.0)
    assert not attention.tuned(1.0)
    attention.tune(until_s=10.0)
    assert attention.tuned(9.9)
    assert not attention.tuned(10.0)
