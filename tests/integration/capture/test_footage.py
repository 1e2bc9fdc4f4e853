"""Recorded clips play as they are: every frame, untouched."""

import json
import threading
from pathlib import Path

import cv2
import numpy as np

from services.capture.cameras import Picture, open_camera
from tests.unit.capture.cameras.pictures import decode


def play(path: Path) -> list[Picture]:
    return list(open_camera(f"file:{path}?loop=once&speed=fast").pictures(threading.Event()))


def test_every_frame_of_every_clip_comes_at_its_time(footage: Path) -> None:
    clips = json.loads((footage / "labels.json").read_text())
    expected, found = {}, {}
    for clip in clips:
        pictures = play(footage / "clips" / clip["file"])
        length_s = (pictures[-1].time - pictures[0].time).total_seconds()
        found[clip["file"]] = len(pictures), round(length_s, 2)
        expected[clip["file"]] = clip["frames"], round((clip["frames"] - 1) / clip["fps"], 2)
    assert found == expected


def test_a_clips_pictures_are_in_the_file_as_they_are_and_in_its_order(footage: Path) -> None:
    path = footage / "clips" / "bew_total_darkness_to_light.avi"
    data, capture, at = path.read_bytes(), cv2.VideoCapture(str(path)), 0
    for picture in play(path):
        at = data.index(picture.jpeg, at) + len(picture.jpeg)
        ok, image = capture.read()
        assert ok
        assert float(cv2.absdiff(decode(picture.jpeg), np.asarray(image, np.uint8)).mean()) < 2
    capture.release()
