"""A household of cameras for benchmarks, as it is without settings: one of its services, measured."""

import tempfile
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial

import cv2
import numpy as np

from benchmarks.feeding import address
from benchmarks.stage import Usage, measured
from services.archiver.opening import open_archiver
from services.archiver.service import ArchiverService
from services.capture.service import CaptureService
from services.contract.settings import MotionSettings, Settings
from services.motion.decode import decode_gray
from services.motion.gaze import Gaze
from services.motion.service import MotionService

SERVICES = ("capture", "motion", "archiver")
#: Rings keep so much: that memory is the frames' own, and follows from rate and size.
KEEPS_S = 1.0

Service = CaptureService | MotionService | ArchiverService


@dataclass(frozen=True, slots=True)
class Household:
    """So many cameras, which play the stream `yard` of a port, on a broker; `archive`: its settings."""

    prefix: str
    count: int
    camera_port: int
    broker_port: int
    picture: bytes = b""  # one of theirs: what the libraries load with the first is the process's own
    archive: Mapping[str, str] = field(default_factory=dict)  # empty: a folder
    warm_s: float = 20.0

    def settings(self, folder: str) -> Settings:
        names = [f"{self.prefix}-{n}" for n in range(self.count)]
        archive = {"url": f"file://{folder}/archive", **self.archive, "spool_dir": f"{folder}/spool"}
        return Settings.model_validate(
            {
                "state_dir": folder,
                "mqtt": {"prefix": self.prefix},
                "archive": archive,
                "cameras": {
                    name: {
                        "url": f"http://127.0.0.1:{self.camera_port}/yard/{name}",
                        "capture": {"ring_seconds": KEEPS_S},
                        "motion": {"pre_roll": KEEPS_S},
                    }
                    for name in names
                },
            }
        )


def live(household: Household, service: str, *, seconds: float) -> Usage:
    """What one service of it uses, and the frames that it published, received or stored; in a process of
    its own."""
    cv2.setNumThreads(-1)
    if household.picture:
        with ThreadPoolExecutor(1) as thread:
            thread.submit(_see, household.picture).result()
    with tempfile.TemporaryDirectory() as folder:
        made = _MADE[service](household.settings(folder), household.broker_port)
        stop = threading.Event()
        life = threading.Thread(target=made.run, args=(stop,), name=service)
        life.start()
        try:
            return measured(partial(_counted, made, service), warm_s=household.warm_s, seconds=seconds)
        finally:
            stop.set()
            life.join()


def _see(jpeg: bytes) -> None:
    """As motion and the preview do: all that they need of the libraries is loaded then."""
    gaze = Gaze(MotionSettings())
    for n in range(40):
        gaze.look(n / 5, partial(decode_gray, jpeg), alert=True)
    picture = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    cv2.imencode(".jpg", picture)


_MADE: dict[str, Callable[[Settings, int], Service]] = {
    "capture": lambda settings, port: CaptureService(settings, address(port)),
    "motion": lambda settings, port: MotionService(settings, address(port)),
    "archiver": lambda settings, port: open_archiver(settings, address(port)),
}
_COUNTS = {"capture": "published", "motion": "received", "archiver": "stored"}


def _counted(service: Service, name: str) -> int:
    return sum(int(stats.model_dump()[_COUNTS[name]]) for stats in service.account().values())
