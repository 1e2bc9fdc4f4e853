from datetime import UTC, datetime, timedelta

from services.motion.sight import SceneChange

START = datetime(2026, 11, 20, 8, 30, 0, tzinfo=UTC)


def told(changed: list[float]) -> list[tuple[int, float]]:
    """What is told, and at which of the pictures, ten a second."""
    scene = SceneChange()
    said = [scene.see(one, START + timedelta(seconds=n / 10)) for n, one in enumerate(changed)]
    return [(n, one) for n, one in enumerate(said) if one]


def test_a_change_of_scene_is_told_once_with_the_most_that_it_had_altered_after_half_a_second() -> None:
    assert told([0, 0, 0.1, 0.4, 0.6, 0.9, 0.9, 0.9, 1.0, 1.0, 0]) == [(7, 0.9)]


def test_a_short_one_is_told_when_it_is_over() -> None:
    assert told([0, 0.3, 0.5, 0, 0]) == [(3, 0.5)]


def test_each_is_told() -> None:
    assert [one for _, one in told([0.3, 0, 0, 0.6, 0])] == [0.3, 0.6]
