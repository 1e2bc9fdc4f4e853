import pytest

from services.gateway.pictures.pace import Pace


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def frames_sent(source_fps: float, limit_fps: float, seconds: float) -> int:
    """How many frames of a source go out to a viewer who takes each in no time."""
    clock = Clock()
    pace = Pace(1 / limit_fps if limit_fps else 0.0, clock)
    sent, newest = 0, -1
    while clock.now < 100.0 + seconds:
        clock.now += pace.wait_s()
        frame = int((clock.now - 100.0) * source_fps + 1e-6)
        if frame <= newest:
            clock.now = 100.0 + (newest + 1) / source_fps
            frame = newest + 1
        newest = frame
        sent += 1
    return sent


@pytest.mark.parametrize(
    ("source_fps", "limit_fps", "expected"),
    [(15, 0, 15), (15, 2, 2), (15, 10, 10), (15, 15, 15), (15, 30, 15), (25, 12.5, 12.5)],
)
def test_the_limit_is_met_whatever_the_camera_gives(
    source_fps: float, limit_fps: float, expected: float
) -> None:
    assert frames_sent(source_fps, limit_fps, 20) == pytest.approx(20 * expected, abs=2)


def test_a_slow_viewer_is_not_made_to_catch_up() -> None:
    clock = Clock()
    pace = Pace(0.5, clock)
    pace.wait_s()
    clock.now += 60
    assert pace.wait_s() == 0.0
    assert pace.wait_s() == pytest.approx(0.5)
