"""Edits change what they say and nothing else, and what is masked is gone."""

from datetime import UTC
from typing import Any

import cv2
import numpy as np
import pytest

from services.capture.cameras.develop import Developer
from services.capture.cameras.edits import NO_EDITS, Edits, Polygon
from services.capture.cameras.encode import Image, encode
from services.capture.cameras.encode import decode as pixels_of
from tests.unit.capture.cameras.pictures import decode
from tests.unit.capture.cameras.scripted import NOW

BOX: Polygon = ((0.25, 0.25), (0.75, 0.25), (0.75, 0.75), (0.25, 0.75))
TRIANGLE: Polygon = ((0.1, 0.9), (0.5, 0.1), (0.9, 0.9))


def noise(seed: int, width: int = 160, height: int = 120) -> Image:
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 256, (height // 8, width // 8, 3), np.uint8)
    return np.asarray(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC), np.uint8)


def edited(image: Image, **edits: Any) -> Image:
    return Developer(Edits(**edits), 90, UTC).edited(image.copy(), NOW)


def inside(mask: Polygon, shape: tuple[int, ...], margin: int = 0) -> Any:
    """Which pixels are in the polygon, `margin` pixels from its edge; a negative one: around it too."""
    height, width = shape[:2]
    corners = np.array([(x * (width - 1), y * (height - 1)) for x, y in mask], np.float32)
    return np.array(
        [[cv2.pointPolygonTest(corners, (x, y), True) >= margin for x in range(width)] for y in range(height)]
    )


def test_nothing_is_done_where_nothing_is_wanted() -> None:
    assert not NO_EDITS
    assert not Edits()
    assert Edits(rotate=90)
    image = noise(1)
    assert Developer(NO_EDITS, 90)(image, NOW) == encode(image, 90)


@pytest.mark.parametrize("mask", [BOX, TRIANGLE])
def test_what_is_masked_is_black_and_what_is_further_away_is_untouched(mask: Polygon) -> None:
    image = noise(1)
    masked = edited(image, masks=(mask,))
    assert (masked[inside(mask, image.shape)] == 0).all()
    away = ~inside(mask, image.shape, -5)
    assert np.array_equal(masked[away], image[away])


@pytest.mark.parametrize("quality", [30, 60, 85, 100])
@pytest.mark.parametrize("mask", [BOX, TRIANGLE])
def test_after_encoding_it_is_black_within_what_jpeg_does(mask: Polygon, quality: int) -> None:
    image = np.full((120, 160, 3), 255, np.uint8)
    masked = decode(Developer(Edits(masks=(mask,)), quality)(image, NOW))
    assert masked[inside(mask, image.shape, 16)].max() <= 2
    assert masked[inside(mask, image.shape)].mean() < 12


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize(
    "also",
    [{}, {"crop": (0.1, 0.2, 0.8, 0.9)}, {"rotate": 270}, {"width": 77}, {"width": 400}, {"timestamp": True}],
)
def test_nothing_of_what_is_masked_can_be_found_again(seed: int, also: dict[str, Any]) -> None:
    """Two cameras that see the same but for what is behind the mask give the very same bytes.

    What is behind it begins as far within as a JPEG's blocks reach: a camera's own encoding tints its
    surroundings by traces.
    """
    mask = (TRIANGLE, BOX)[seed % 2]
    behind = inside(mask, (120, 160), 17)
    assert behind.sum() > 300
    jpegs = []
    for other in (100, 101):
        image = noise(seed)
        image[behind] = noise(other)[behind]
        upright = pixels_of(encode(image, 85))
        assert upright is not None
        jpegs.append(Developer(Edits(masks=(mask,), **also), 85, UTC)(upright, NOW))
    assert jpegs[0] == jpegs[1]


def test_a_mask_hides_all_that_a_camera_keeps_of_colours_at_its_edge() -> None:
    red = np.zeros((64, 64, 3), np.uint8)
    red[:, 16:48] = (0, 0, 255)
    camera = pixels_of(encode(red, 95))
    assert camera is not None
    masked = edited(camera, masks=(((16 / 63, 0), (47 / 63, 0), (47 / 63, 1), (16 / 63, 1)),))
    assert masked.max() < 40


def test_several_masks_hide_what_each_of_them_hides() -> None:
    left, right = ((0, 0), (0.2, 0), (0.2, 1), (0, 1)), ((0.8, 0), (1, 0), (1, 1), (0.8, 1))
    masked = edited(np.full((50, 100, 3), 200, np.uint8), masks=(left, right))
    assert (masked[:, :20] == 0).all()
    assert (masked[:, 80:] == 0).all()
    assert (masked[:, 30:70] == 200).all()


@pytest.mark.parametrize(
    "mask", [((0, 0), (2, 0), (2, 2), (0, 2)), ((-1, -1), (2, -1), (2, 2), (-1, 2)), BOX[::-1]]
)
def test_a_mask_may_reach_over_the_edge_and_go_round_either_way(mask: Polygon) -> None:
    masked = edited(np.full((50, 100, 3), 200, np.uint8), masks=(mask,))
    assert (masked[13:37, 26:74] == 0).all()


def test_a_mask_stays_on_what_it_hides_when_the_picture_is_turned_or_cropped() -> None:
    image = np.full((100, 200, 3), 200, np.uint8)
    mask = ((0, 0), (0.5, 0), (0.5, 0.5), (0, 0.5))  # upper left
    turned = edited(image, masks=(mask,), rotate=90)
    assert turned.shape == (200, 100, 3)
    assert (turned[:95, 55:] == 0).all()  # upper right
    assert (turned[110:] == 200).all()
    cropped = edited(image, masks=(mask,), crop=(0.25, 0.25, 1, 1))
    assert (cropped[:20, :40] == 0).all()
    assert (cropped[40:, 60:] == 200).all()


def test_a_crop_is_the_part_that_was_named() -> None:
    image = noise(1)
    assert np.array_equal(edited(image, crop=(0.25, 0.5, 0.75, 1.0)), image[60:120, 40:120])
    assert edited(image, crop=(0.999, 0.999, 1.0, 1.0)).shape == (1, 1, 3)


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_a_rotation_is_clockwise(degrees: int) -> None:
    image = noise(1)
    assert np.array_equal(edited(image, rotate=degrees), np.rot90(image, -degrees // 90))


@pytest.mark.parametrize(
    ("edits", "shape"),
    [
        ({"width": 80}, (60, 80)),
        ({"height": 60}, (60, 80)),
        ({"width": 100, "height": 30}, (30, 100)),
        ({"width": 320}, (240, 320)),
        ({"width": 80, "rotate": 90}, (107, 80)),
        ({"width": 40, "crop": (0, 0, 0.5, 1)}, (60, 40)),
    ],
)
def test_a_size_is_that_of_the_finished_picture(edits: dict[str, Any], shape: tuple[int, int]) -> None:
    assert edited(noise(1), **edits).shape == (*shape, 3)


@pytest.mark.parametrize("level", [0, 128, 255])
def test_a_timestamp_is_legible_on_any_background(level: int) -> None:
    written = edited(np.full((360, 640, 3), level, np.uint8), timestamp=True)
    changed = (written != level).any(axis=2)
    rows, columns = np.nonzero(changed)
    assert rows.min() > 300
    assert columns.min() < 20
    assert written[changed].min() < 60 or level == 0
    assert written[changed].max() > 200 or level == 255
    contrast = written[rows.min() : rows.max(), columns.min() : columns.max()]
    assert int(contrast.max()) - int(contrast.min()) > 200


@pytest.mark.parametrize(("width", "height"), [(64, 48), (160, 120), (90, 1600), (1920, 1080)])
def test_a_timestamp_fits_into_any_picture(width: int, height: int) -> None:
    changed = (edited(np.full((height, width, 3), 128, np.uint8), timestamp=True) != 128).any(axis=2)
    assert changed.any()
    assert not changed[:, -1].any()
    assert not changed[0].any()
