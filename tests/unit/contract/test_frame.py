"""A frame says who it is, in EXIF that anybody can read, and its picture is left alone."""

import random
import struct
from datetime import UTC, datetime, timedelta, timezone

import pytest

from services.contract.frame import FrameId, NotAFrame, check, identify, orientation, size, stamp
from tests.unit.contract.exif_reader import exif_tiffs, read_tags, segments
from tests.unit.contract.jpegs import EOI, JFIF, PICTURE, SOI, XMP, exif, jpeg

TIME = datetime(2026, 11, 20, 8, 30, 12, 34, tzinfo=UTC)
DOOR = FrameId("door", 0x00C0FFEE00000001, 42, TIME)


def random_id(chance: random.Random) -> FrameId:
    name = "".join(chance.choices("abcdefghijklmnopqrstuvwxyz0123456789_-", k=chance.randint(0, 62)))
    time = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=chance.randrange(10**17))
    return FrameId(
        chance.choice("az09") + name,
        chance.getrandbits(64),
        chance.randint(1, 2 ** chance.randint(1, 63)),
        time,
    )


def test_a_frame_is_read_back_as_it_was_stamped() -> None:
    chance = random.Random(1)
    for _ in range(500):
        frame_id = random_id(chance)
        assert identify(stamp(jpeg(), frame_id)) == frame_id


@pytest.mark.parametrize("length", range(1, 64))
def test_a_camera_name_of_every_length_is_read_by_others(length: int) -> None:
    name = "a" * length  # up to three characters stand in the directory itself
    (tiff,) = exif_tiffs(stamp(jpeg(), FrameId(name, 1, 1, TIME)))
    assert read_tags(tiff)[0x0110] == name


def test_others_read_who_the_frame_is() -> None:
    (tiff,) = exif_tiffs(stamp(jpeg(), DOOR))
    tags = read_tags(tiff)
    del tags[0x8769]
    assert tags == {
        0x0110: "door",
        0x0112: 1,
        0x9000: b"0232",
        0x9003: "2026:11:20 08:30:12",
        0x9011: "+00:00",
        0x9291: "000034",
        0xA420: "00c0ffee00000001000000000000002a",
    }


def test_the_time_is_written_in_utc() -> None:
    elsewhere = TIME.astimezone(timezone(timedelta(hours=-3)))
    assert stamp(jpeg(), FrameId("door", 1, 1, elsewhere)) == stamp(jpeg(), FrameId("door", 1, 1, TIME))


@pytest.mark.parametrize("micro", [0, 1, 999_999, 500_000])
def test_microseconds_are_kept(micro: int) -> None:
    found = identify(stamp(jpeg(), FrameId("door", 1, 1, TIME.replace(microsecond=micro))))
    assert found
    assert found.time.microsecond == micro


def test_the_pictures_own_bytes_are_not_touched() -> None:
    chance = random.Random(2)
    picture = SOI + JFIF + XMP + PICTURE[:-2] + chance.randbytes(5000).replace(b"\xff", b"\xfe") + EOI
    stamped = stamp(picture, DOOR)
    length = 2 + struct.unpack_from(">H", stamped, 4)[0]
    assert stamped[:2] + stamped[2 + length :] == picture


def test_a_frame_that_is_stamped_again_has_one_segment_and_the_new_number() -> None:
    again = FrameId("yard", 2, 7, TIME)
    assert stamp(stamp(jpeg(JFIF), DOOR), again) == stamp(jpeg(JFIF), again)


# -- what cameras send -------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("value", range(1, 9))
def test_a_cameras_exif_is_replaced_and_its_orientation_kept(order: str, value: int) -> None:
    picture = jpeg(exif(order, value))
    assert orientation(picture) == value
    (tiff,) = exif_tiffs(stamp(picture, DOOR))
    tags = read_tags(tiff)
    assert (tags[0x0112], tags[0x0110], 0x010F in tags) == (value, "door", False)


@pytest.mark.parametrize("segments_before", [(JFIF,), (b"\xff\xff",), (JFIF, XMP), (XMP, b"\xff")])
def test_a_cameras_exif_is_found_behind_other_segments_and_fill_bytes(
    segments_before: tuple[bytes, ...],
) -> None:
    stamped = stamp(jpeg(*segments_before, exif(orientation=3)), DOOR)
    assert [read_tags(tiff)[0x0112] for tiff in exif_tiffs(stamped)] == [3]
    assert stamped.endswith(PICTURE)


def test_other_segments_stay_in_their_order() -> None:
    stamped = stamp(jpeg(JFIF, exif(), XMP), DOOR)
    kinds = [(marker, body[:4]) for marker, body in segments(stamped)]
    assert kinds[:3] == [(0xE1, b"Exif"), (0xE0, b"JFIF"), (0xE1, b"http")]


def test_no_second_exif_segment_is_left_to_confuse_readers() -> None:
    stamped = stamp(jpeg(exif(orientation=8), JFIF, exif(orientation=3)), DOOR)
    assert [read_tags(tiff)[0x0112] for tiff in exif_tiffs(stamped)] == [8]


def test_nobody_forges_a_number_through_ingest() -> None:
    forged = jpeg(exif(unique="f" * 32))
    found = identify(stamp(forged, DOOR))
    assert found == DOOR


@pytest.mark.parametrize("value", [0, 9, 65535])
def test_an_impossible_orientation_is_upright(value: int) -> None:
    assert orientation(jpeg(exif(orientation=value))) == 1


@pytest.mark.parametrize(
    "picture",
    [jpeg(), jpeg(JFIF), jpeg(exif()), jpeg(exif(">", unique="short")), jpeg(XMP), jpeg(JFIF, exif())],
)
def test_a_frame_from_elsewhere_has_no_name(picture: bytes) -> None:
    assert identify(picture) is None


def test_a_damaged_exif_segment_never_raises_anything_but_not_a_frame() -> None:
    chance, whole = random.Random(3), stamp(jpeg(JFIF), DOOR)
    for _ in range(5000):
        damaged = bytearray(whole)
        for _ in range(chance.randint(1, 4)):
            damaged[chance.randrange(2, 150)] = chance.randrange(256)
        for read in (identify, orientation, size, lambda data: stamp(data, DOOR)):
            try:
                read(bytes(damaged))
            except NotAFrame:
                continue


# -- what is no frame --------------------------------------------------------------------------------------


@pytest.mark.parametrize("data", [b"", b"\xff\xd8", b"GIF89a", b"{}", SOI + b"no marker" + EOI])
def test_what_is_no_jpeg_is_refused(data: bytes) -> None:
    for refuse in (check, identify, lambda data: stamp(data, DOOR)):
        with pytest.raises(NotAFrame, match=r"^the bytes do not begin as a JPEG does$"):
            refuse(data)


@pytest.mark.parametrize("cut", [1, 2, 10, 25])
def test_a_jpeg_that_is_cut_off_is_refused(cut: int) -> None:
    with pytest.raises(NotAFrame, match=r"^the JPEG is cut off: it has no end$"):
        stamp(jpeg()[:-cut], DOOR)


def test_an_exif_segment_that_reaches_beyond_the_end_is_refused() -> None:
    broken = SOI + exif()[:2] + b"\xff\xf0" + exif()[4:] + PICTURE
    with pytest.raises(NotAFrame, match=r"^the JPEG is damaged: a segment reaches beyond its end$"):
        stamp(broken, DOOR)


@pytest.mark.parametrize("padding", [b"\0", b"\0" * 511, b"\r\n", b"\0\r\n"])
def test_padding_behind_the_end_is_no_fault(padding: bytes) -> None:
    stamped = stamp(jpeg() + padding, DOOR)
    assert identify(stamped) == DOOR
    assert stamped.endswith(PICTURE + padding)


def test_the_size_is_read_without_decoding() -> None:
    assert size(stamp(jpeg(JFIF, b"\xff\xff", exif()), DOOR)) == (640, 480)


@pytest.mark.parametrize("data", [b"", SOI + EOI, jpeg().replace(b"\x01\xe0\x02\x80", bytes(4))])
def test_a_jpeg_without_a_size_is_refused(data: bytes) -> None:
    with pytest.raises(NotAFrame, match=r"^the bytes are no JPEG with a size$"):
        size(data)


def test_a_frame_is_read_alike_whoever_laid_its_segment_out() -> None:
    """Frames of one camera are read by their places; any other layout is read tag by tag."""
    ours = stamp(jpeg(), DOOR)
    (tiff,) = exif_tiffs(ours)
    # The same tags, and something behind them.
    body = b"Exif\0\0" + tiff + bytes(2)
    others = b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body
    assert identify(jpeg(others)) == identify(ours) == DOOR
    at = ours.index(b"2026:11:20")
    for damaged in (b"2026:13:20", b"2026:1x:20", b"2026:1\xff:20"):
        assert identify(ours[:at] + damaged + ours[at + 10 :]) is None
