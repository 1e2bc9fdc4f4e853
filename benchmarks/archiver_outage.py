"""The archiver's memory while the store is away for ten minutes: frames are on disk, not in RAM.

Four cameras publish frames of 100 KB and hand an event over every half minute, in real time. Compared is the
archiver's resident memory at the end with that after the first minute.
"""

import argparse
import json
import secrets
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.archiving import Place, place, until
from benchmarks.stage import apart, resident
from services.archiver.service import ArchiverService
from services.contract.frame import FrameId, stamp
from services.contract.handover import FrameRef, Handover
from services.contract.settings import Settings
from services.contract.topics import Topics
from services.runtime.mqtt import Link
from tests import backends
from tests.servers.faulty_proxy import FaultyProxy

GOAL = 1.1
EVENT_S = 30.0
MB = 1_000_000


class Life:
    """An archiver in this process, looked at now and then from another one."""

    def __init__(self) -> None:
        self._stop = threading.Event()

    def start(self, place: Place, folder: str, cameras: list[str], prefix: str) -> None:
        settings = place.settings(prefix, Path(folder), spool_gb=100)
        named = Settings.model_validate(
            settings.model_dump() | {"cameras": {name: {"url": "demo:"} for name in cameras}}
        )
        self.service: ArchiverService = place.archiver(named)
        threading.Thread(target=self.service.run, args=(self._stop,), daemon=True).start()


LIFE = Life()


def start(place: Place, folder: str, cameras: list[str], prefix: str) -> None:
    LIFE.start(place, folder, cameras, prefix)


def look() -> tuple[int, int, int]:
    """Bytes resident, frames in the spool, frames stored."""
    stats = [each.model_dump() for each in LIFE.service.account().values()]
    return resident(), sum(each["in_spool"] for each in stats), sum(each["stored"] for each in stats)


def feed(link: Link, topics: Topics, camera: str, jpeg: bytes, *, fps: float, stop: threading.Event) -> None:
    """Events of half a minute, one after the other."""
    sequence = 0
    while not stop.is_set():
        began, began_s = datetime.now(UTC), time.monotonic()
        event, numbers = f"{began:%Y%m%dT%H%M%SZ}-{secrets.token_hex(2)}", []
        while time.monotonic() - began_s < EVENT_S and not stop.wait(1 / fps):
            sequence += 1
            numbers.append(sequence)
            frame = stamp(jpeg, FrameId(camera, 1, sequence, datetime.now(UTC)))
            link.send(topics.event_frames(camera, event), frame)
        handover = Handover(
            camera=camera,
            event=event,
            reason="motion",
            started=began,
            ended=began + timedelta(seconds=EVENT_S),
            frames=[FrameRef(session=f"{1:016x}", sequence=number) for number in numbers],
        )
        link.send(topics.handover(camera, event), handover.payload())


def watched(seconds: float, every_s: float, look_at: Iterator[tuple[int, int, int]]) -> list[int]:
    sizes = []
    until_s = time.monotonic() + seconds
    while time.monotonic() < until_s:
        time.sleep(min(every_s, max(0.0, until_s - time.monotonic())))
        size, spooled, _ = next(look_at)
        sizes.append(size)
        print(f"  {size / MB:6.1f} MB resident, {spooled} frames in the spool", flush=True)
    return sizes


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--cameras", type=int, default=4)
    parser.add_argument("--fps", type=float, default=8, help="of each camera")
    args = parser.parse_args()
    names, prefix, stop = (
        [f"cam{n}" for n in range(args.cameras)],
        f"b{secrets.token_hex(4)}",
        threading.Event(),
    )
    filling = secrets.token_bytes(50_000)
    part = b"\xff\xfe" + (len(filling) + 2).to_bytes(2, "big") + filling
    jpeg = b"\xff\xd8\xff\xdb\x00\x04\x00\x00" + 2 * part + b"\xff\xd9"
    with ExitStack() as stack:
        one, two, three = (stack.enter_context(tempfile.TemporaryDirectory()) for _ in range(3))
        broker = stack.enter_context(backends.running_mqtt(Path(one)))
        s3 = stack.enter_context(backends.running_s3(Path(two)))
        proxy = stack.enter_context(FaultyProxy(s3.port))
        process = stack.enter_context(apart())
        where = place(broker, s3, proxy.endpoint)
        process(start, where, three, names, prefix)
        link = Link(where.broker, prefix, window=100, max_outbox_bytes=100 * MB)
        threading.Thread(target=link.run, args=(stop,), daemon=True).start()
        for name in names:
            threading.Thread(
                target=feed,
                args=(link, Topics(prefix), name, jpeg),
                kwargs={"fps": args.fps, "stop": stop},
                daemon=True,
            ).start()
        until("frames in the store", lambda: process(look)[2] > 20)
        print(
            f"{args.cameras} cameras at {args.fps:g} frames of 100 KB a second; the store goes away",
            flush=True,
        )
        proxy.down()
        looks = iter(lambda: process(look), None)
        sizes = watched(args.minutes * 60, 60 if args.minutes >= 3 else 10, looks)
        stop.set()
        proxy.up()
        began_s, waiting = time.monotonic(), process(look)[1]
        until("an empty spool", lambda: process(look)[1] == 0, within_s=600, pause_s=0.5)
        took_s = time.monotonic() - began_s
        print(f"  the store is back: {waiting} frames drained in {took_s:.0f} s")
    ratio = sizes[-1] / sizes[0]
    result = {
        "name": "archiver-outage",
        "measured": round(sizes[-1] / MB, 1),
        "floor": round(sizes[0] / MB, 1),
        "ratio": round(ratio, 3),
        "goal": GOAL,
        "spooled": waiting,
    }
    print(json.dumps(result))
    return 0 if ratio <= GOAL else 1


if __name__ == "__main__":
    sys.exit(main())
