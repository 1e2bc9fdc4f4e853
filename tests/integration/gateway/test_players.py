"""What people watch with opens a stream as it is: ffmpeg, and OpenCV's VideoCapture."""

import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise

import cv2
import numpy as np
import pytest

from services.contract.frame import FrameId, stamp
from services.contract.topics import LIVE
from tests import backends
from tests.integration.gateway.conftest import Scene
from tests.unit.gateway.frames import NOW

STEP = 20  # brightness from one picture to the next


def picture(sequence: int) -> bytes:
    image = np.full((240, 320, 3), sequence * STEP % 200, np.uint8)
    made: bytes = cv2.imencode(".jpg", image)[1].tobytes()
    return stamp(made, FrameId("door", 0xAB, sequence, NOW.fromtimestamp(time.time(), NOW.tzinfo)))


@contextmanager
def filming(scene: Scene) -> Iterator[str]:
    """The camera films for as long as the block lasts; gives the stream's address."""
    stop = threading.Event()

    def film() -> None:
        sequence = 0
        while not stop.wait(0.05):
            scene.link.flash(scene.topics.frames("door", LIVE), picture(sequence := sequence + 1))

    camera = threading.Thread(target=film)
    camera.start()
    try:
        yield f"http://admin:secret@127.0.0.1:{scene.port}/stream.jpg"
    finally:
        stop.set()
        camera.join()


def test_opencv_reads_the_stream_picture_by_picture(scene: Scene) -> None:
    with filming(scene) as url:
        video = cv2.VideoCapture(url)
        seen = [video.read() for _ in range(8)]
        video.release()
    levels = [int(image[120, 160, 0]) for true, image in seen if true]
    steps = [(after - before) % 200 for before, after in pairwise(levels)]
    assert len(levels) == 8
    assert all(step > STEP / 2 and (step + 2) % STEP <= 4 for step in steps), steps  # in order, each once


@pytest.mark.parametrize("demuxer", [["-f", "mpjpeg"], []], ids=["told", "guessed"])
def test_ffmpeg_copies_the_stream(scene: Scene, demuxer: list[str]) -> None:
    program = backends.find("ffmpeg")
    if not program:
        pytest.skip("there is no ffmpeg on PATH")
    with filming(scene) as url:
        quiet, copy = ["-v", "error", "-nostdin"], ["-frames:v", "8", "-c", "copy", "-f", "framemd5", "-"]
        command = [program, *quiet, *demuxer, "-i", url, *copy]
        done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=30)
    frames = [line for line in done.stdout.splitlines() if not line.startswith("#")]
    assert (done.returncode, len(frames)) == (0, 8), done.stderr
    assert len({frame.rpartition(",")[2] for frame in frames}) == 8
