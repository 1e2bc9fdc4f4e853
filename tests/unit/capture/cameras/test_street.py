"""The demo's street is the same for everyone, quiet until somebody comes, and alive while they cross."""

from datetime import UTC, datetime

import numpy as np
import pytest

from services.capture.cameras.encode import Image, encode
from services.capture.cameras.number import read_number
from services.capture.cameras.street import Street
from services.contract.urls import DemoUrl
from tests.unit.capture.cameras.pictures import decode

SMALL = DemoUrl(width=640, height=360)


@pytest.fixture(scope="module")
def street() -> Street:
    return Street(SMALL)


def moved(one: Image, two: Image) -> float:
    """The fraction of the picture that differs by more than noise and drift."""
    return float((np.abs(one.astype(int) - two).max(axis=2) > 25).mean())


def test_a_picture_depends_on_nothing_but_seed_and_number(street: Street) -> None:
    other = Street(SMALL)
    for n in (700, 0, 110):  # in another order than the first
        other.render(n, n)
    for n in (0, 110, 700):
        assert np.array_equal(street.render(n, 7), other.render(n, 7))


def test_another_seed_is_another_street(street: Street) -> None:
    assert moved(street.render(0, 1), Street(DemoUrl(seed=2, width=640, height=360)).render(0, 1)) > 0.2


def test_the_number_can_be_read_from_the_jpeg(street: Street) -> None:
    for n in (0, 1, 110, 4000):
        jpeg = encode(street.render(n, n + 1, datetime(2026, 1, 1, tzinfo=UTC)), 80)
        assert read_number(decode(jpeg)) == n + 1


def test_nothing_moves_until_the_first_one_comes(street: Street) -> None:
    first_s = min(at for at in np.arange(0, 20, 0.1) if street.crossings(float(at)))
    assert 6.0 <= first_s <= 8.0
    quiet = street.render(0, 1)
    assert all(moved(quiet, street.render(n, n + 1)) < 0.001 for n in range(0, int(first_s * 15) - 1, 9))


def test_whoever_crosses_is_large_enough_to_be_seen(street: Street) -> None:
    quiet = street.render(0, 1)
    first_s = min(at for at in np.arange(0, 20, 0.1) if street.crossings(float(at)))
    assert moved(quiet, street.render(int((first_s + 2.0) * 15), 1)) > 0.002


def test_two_pictures_in_a_row_differ_by_the_sensors_noise_alone(street: Street) -> None:
    one, two = street.render(10, 1)[:340], street.render(11, 2)[:340]
    difference = one.astype(int) - two
    assert 1.0 < difference.std() < 6.0
    assert abs(difference.mean()) < 0.5


def test_somebody_comes_every_20_to_30_seconds_and_stays_4_to_6(street: Street) -> None:
    times = np.arange(0, 600, 0.1)
    busy = np.array([bool(street.crossings(float(at))) for at in times])
    starts, ends = times[1:][busy[1:] & ~busy[:-1]], times[1:][~busy[1:] & busy[:-1]]
    assert len(starts) >= 20
    assert all(19.8 <= gap <= 30.2 for gap in np.diff(starts))
    assert all(3.8 <= end - start <= 6.2 for start, end in zip(starts, ends, strict=False))


def test_nobody_comes_where_nobody_is_wanted() -> None:
    street = Street(DemoUrl(width=320, height=180, activity="none"))
    assert not any(street.crossings(float(at)) for at in range(300))
