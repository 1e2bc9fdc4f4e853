"""What is replayed in the tests: twenty seconds in which somebody crosses from second 8 to 13."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2

from services.contract.frame import FrameId, stamp
from tests.unit.motion.scenes import FPS, HEIGHT, WIDTH, crossing, scene

START = datetime(2026, 11, 20, 22, 30, 0, tzinfo=UTC)


def video(path: Path, codec: str = "MJPG") -> Path:
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*codec), FPS, (WIDTH, HEIGHT))
    for gray, _ in scene(20, crossing(8)):
        writer.write(cv2.cvtColor(gray, cv2.COLOR_GRAY2BGR))
    writer.release()
    return path


def jpegs() -> Iterator[tuple[bytes, float]]:
    """The same as JPEGs with their times."""
    for gray, time_s in scene(20, crossing(8)):
        done, data = cv2.imencode(".jpg", gray)
        assert done
        yield data.tobytes(), time_s


def stamped(camera: str = "door", late_s: float = 0.0) -> Iterator[tuple[str, bytes]]:
    """The same as frames of an archive: key and JPEG; `late_s` later than `START`."""
    for n, (jpeg, time_s) in enumerate(jpegs(), start=1):
        time = START + timedelta(seconds=time_s + late_s)
        event = START + timedelta(seconds=late_s)
        folder = f"{camera}/{event:%Y/%m/%d}/{event:%Y%m%dT%H%M%S}Z-3f9c"
        key = f"{folder}/{time:%Y%m%dT%H%M%S.%f}Z-{n:08}.jpg"
        yield key, stamp(jpeg, FrameId(camera, 7, n + int(late_s), time))


def archive(path: Path, camera: str = "door", late_s: float = 0.0) -> Path:
    for key, jpeg in stamped(camera, late_s):
        file = path / key
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(jpeg)
    return path
