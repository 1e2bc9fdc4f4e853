"""A number in a picture's pixels is read back after JPEG, or not at all."""

import numpy as np
import pytest

from services.capture.cameras.encode import encode
from services.capture.cameras.number import code_width, draw_number, read_number
from tests.unit.capture.cameras.pictures import decode

NUMBERS = [1, 255, 123_456, 2**32 - 1]


@pytest.mark.parametrize("size", [(320, 180), (640, 360), (1280, 720), (854, 480)])
@pytest.mark.parametrize("quality", [50, 80, 95])
def test_it_survives_jpeg(size: tuple[int, int], quality: int) -> None:
    image = np.random.default_rng(1).integers(0, 256, (size[1], size[0], 3), np.uint8)
    for number in NUMBERS:
        draw_number(image, number)
        decoded = decode(encode(image, quality))
        assert read_number(decoded) == number
        assert read_number(np.asarray(decoded.mean(axis=2), np.uint8)) == number


def test_a_picture_without_a_number_has_none() -> None:
    dice = np.random.default_rng(2)
    for image in (
        np.zeros((360, 640, 3), np.uint8),
        np.full((360, 640), 76, np.uint8),
        dice.integers(0, 256, (360, 640, 3), np.uint8),
        np.zeros((8, 8, 3), np.uint8),
    ):
        assert read_number(image) is None


def test_a_cell_that_was_painted_over_is_noticed() -> None:
    image = np.zeros((360, 640, 3), np.uint8)
    draw_number(image, 77)
    wrong = 0
    for column in range(4, code_width(640) - 4, 4):
        spoilt = image.copy()
        cell = spoilt[-8:-4, column : column + 4]
        cell[:] = 152 - cell
        wrong += read_number(spoilt) is not None
    assert wrong == 0


def test_counting_changes_little_of_the_picture() -> None:
    one, two = np.zeros((2, 720, 1280), np.uint8)
    changed = []
    for number in range(1000, 1100):
        draw_number(one, number)
        draw_number(two, number + 1)
        changed.append(np.count_nonzero(one != two) / one.size)
    assert max(changed) < 0.001
