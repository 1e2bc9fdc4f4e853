import numpy as np
import pytest

from services.motion.background import REACH, Look, fitted, positive, residual
from services.motion.parts import beside
from tests.unit.motion.scenes import HEIGHT, WIDTH


def look(seed: int) -> Look:
    """A textured picture as the detector has it."""
    dice = np.random.default_rng(seed)
    coarse = dice.uniform(20, 230, (HEIGHT // 4 + 1, WIDTH // 4 + 1)).astype(np.float32)
    return Look.at(np.kron(coarse, np.ones((4, 4), np.float32))[:HEIGHT, :WIDTH].copy(), 0.0)


@pytest.mark.parametrize("rate", [0.01, 0.3, 1.0])
def test_a_look_that_approaches_another_is_the_look_of_the_mixed_picture(rate: float) -> None:
    quiet, other = look(1), look(2)
    mixed = Look.at((1 - rate) * quiet.picture + np.float32(rate) * other.picture, 0.0)
    quiet.approach(other, fitted(other, quiet).together, rate)
    for ours, theirs in zip(
        (quiet.picture, quiet.mean, quiet.variance),
        (mixed.picture, mixed.mean, mixed.variance),
        strict=True,
    ):
        np.testing.assert_allclose(ours, theirs, atol=0.05)


def test_it_stays_so_for_an_hour_of_noise() -> None:
    dice, quiet, still = np.random.default_rng(3), look(1), look(1).picture
    for _ in range(8 * 3600 // 10):  # at ten times the rate
        noisy = Look.at(still + dice.normal(0, 3, still.shape).astype(np.float32), 0.0)
        quiet.approach(noisy, fitted(noisy, quiet).together, 0.15)
    np.testing.assert_allclose(quiet.variance, Look.at(quiet.picture, 0.0).variance, atol=0.2)
    np.testing.assert_allclose(quiet.mean, Look.at(quiet.picture, 0.0).mean, atol=0.01)


@pytest.mark.parametrize(
    "part",
    [
        (slice(0, 12), slice(0, 9)),
        (slice(20, 41), slice(30, 60)),
        (slice(HEIGHT - 8, HEIGHT), slice(5, WIDTH)),
    ],
)
def test_what_is_left_over_of_a_part_is_that_part_of_what_is_left_over(part: tuple[slice, slice]) -> None:
    one, other = look(1), look(2)
    wider, inside = beside(part, one.picture.shape, REACH)
    ours = residual(one.part(wider), other.part(wider))[inside]
    np.testing.assert_allclose(ours, residual(one, other)[part], rtol=1e-4, atol=0.05)


def test_what_is_below_is_zero() -> None:
    plane = np.array([[-1, 0, 2]], np.float32)
    assert positive(plane).tolist() == [[0, 0, 2]]
