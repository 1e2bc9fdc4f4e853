"""Motion-JPEG frames get the Huffman tables that they left out."""

import numpy as np

from services.capture.cameras.jpeg import complete
from services.contract.jpeg_head import DHT, segments
from tests.unit.capture.cameras.pictures import decode, jpeg, with_thumbnail, without_tables


def test_a_complete_picture_comes_back_as_the_same_object() -> None:
    whole = jpeg()
    assert complete(whole) is whole


def test_tables_that_are_missing_are_put_in_and_the_pixels_are_the_same() -> None:
    whole = jpeg()
    bare = without_tables(whole)
    assert DHT not in {marker for marker, _, _ in segments(bare)}
    assert np.array_equal(decode(complete(bare)), decode(whole))
    assert tables(complete(bare)) == tables(whole)


def tables(data: bytes) -> bytes:
    """The Huffman tables' own bytes, however many segments hold them."""
    return b"".join(data[start + 4 : end] for marker, start, end in segments(data) if marker == DHT)


def test_the_tables_of_a_thumbnail_are_not_the_pictures_own() -> None:
    bare = with_thumbnail(without_tables(jpeg()))
    assert tables(bare) == b""
    assert tables(complete(bare)) == tables(jpeg())


def test_what_is_no_jpeg_is_left_alone() -> None:
    for data in (b"", b"\xff\xd8", b"\xff\xd8\xff\xc0\x00\x02", b"hello" * 9):
        assert complete(data) == data
