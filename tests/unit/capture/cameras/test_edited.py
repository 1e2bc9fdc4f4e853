"""A camera with edits gives edited pictures only."""

import threading

import numpy as np

from services.capture.cameras.camera import CameraOptions, Picture
from services.capture.cameras.edited import Edited
from services.capture.cameras.edits import Edits
from services.contract.frame import orientation
from tests.unit.capture.cameras.pictures import decode, jpeg, turned, with_thumbnail
from tests.unit.capture.cameras.scripted import Scripted

OPTIONS = CameraOptions(edits=Edits(masks=(((0, 0), (0.5, 0), (0.5, 1), (0, 1)),)), quality=90)


def through(camera: Scripted, options: CameraOptions = OPTIONS) -> list[Picture]:
    return list(Edited(camera, options).pictures(threading.Event()))


def test_a_picture_is_edited_and_says_so() -> None:
    [picture] = through(Scripted([jpeg(1)]))
    pixels = decode(picture.jpeg)
    assert pixels[:, :30].max() < 20
    assert np.abs(pixels[:, 44:].astype(int) - decode(jpeg(1))[:, 44:]).mean() < 8
    assert picture.encoded_from == "JPEG"


def test_what_was_encoded_here_has_its_edits_already() -> None:
    [picture] = through(Scripted([jpeg(1)], encoded_from="H.264"))
    assert (picture.jpeg, picture.encoded_from) == (jpeg(1), "H.264")


def test_what_cannot_be_decoded_never_comes_through() -> None:
    camera = Edited(Scripted([b"", jpeg(1)[:100], b"\xff\xd8\xff\xd9", jpeg(2)]), OPTIONS)
    assert len(list(camera.pictures(threading.Event()))) == 1
    assert camera.skipped == 3


def test_a_cameras_exif_turns_the_picture_before_it_is_masked() -> None:
    [picture] = through(Scripted([turned(jpeg(1, 64, 48), 6)]))
    pixels = decode(picture.jpeg)
    assert pixels.shape == (64, 48, 3)
    assert pixels[:, :22].max() < 20
    assert orientation(picture.jpeg) == 1


def test_a_thumbnail_that_shows_what_is_masked_is_gone() -> None:
    [picture] = through(Scripted([with_thumbnail(jpeg(1))]))
    assert b"Exif" not in picture.jpeg
    assert picture.jpeg.count(b"\xff\xd8\xff") == 1
