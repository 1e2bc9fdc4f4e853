"""From a frame's capture to its object being readable, with four cameras in an event at once.

Frames of a street are published as capture would; motion and the archiver run each in a process of their own.
A frame is readable when the server has said that it stored it; every tenth is read back at once.
"""

import argparse
import json
import statistics
import sys
import tempfile
import threading
import time
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from benchmarks.archiving import Place, living, new_prefix, servers, until
from benchmarks.stage import apart, jpegs_of, street
from services.contract import topics as leaf
from services.contract.frame import FrameId, identify, stamp
from services.contract.settings import Settings
from services.contract.topics import Topics
from services.motion.service import MotionService
from services.runtime.mqtt import Link

GOAL_S = 1.0
PRE_ROLL_S = 1.0

_stop = threading.Event()


def settings_of(place: Place, prefix: str, folder: Path, cameras: list[str]) -> Settings:
    given = place.settings(prefix, folder).model_dump()
    given["cameras"] = {name: {"url": "demo:", "motion": {"pre_roll": PRE_ROLL_S}} for name in cameras}
    return Settings.model_validate(given)


def motion(place: Place, prefix: str, folder: str, cameras: list[str]) -> None:
    service = MotionService(settings_of(place, prefix, Path(folder), cameras), place.broker)
    threading.Thread(target=service.run, args=(_stop,), daemon=True).start()


def archiver(place: Place, prefix: str, cameras: list[str], seconds: float) -> list[float]:
    """Seconds from capture to the server's word of each frame that was captured in the last `seconds`."""
    found: list[tuple[datetime, float]] = []
    with tempfile.TemporaryDirectory() as folder:
        service = place.archiver(settings_of(place, prefix, Path(folder), cameras))
        store = service._uploads.store
        put = store.put

        def noted(key: str, data: bytes, *rest: object) -> None:
            put(key, data, *rest)  # type: ignore[arg-type]  # passed through as given
            now = datetime.now(UTC)
            if key.endswith(".jpg") and (frame := identify(data)):
                found.append((frame.time, (now - frame.time).total_seconds()))
                if len(found) % 10 == 0:
                    assert store.get(key) == data

        store.put = noted  # type: ignore[method-assign,assignment]  # a method is replaced
        with living(service):
            until("frames of an event", lambda: found)
            first = datetime.now(UTC)
            time.sleep(seconds)
    return [late_s for captured, late_s in found if captured >= first]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cameras", type=int, default=4)
    parser.add_argument("--fps", type=float, default=10)
    parser.add_argument("--seconds", type=float, default=30)
    args = parser.parse_args()
    cameras, prefix, stop = [f"cam{n}" for n in range(args.cameras)], new_prefix(), threading.Event()
    jpegs = jpegs_of(street(1280, 720, 30), 100)
    with servers() as place, apart() as one, apart() as two, tempfile.TemporaryDirectory() as folder:
        one(motion, place, prefix, folder, cameras)
        link = Link(place.broker, f"{prefix}-cameras", window=100, max_outbox_bytes=1 << 27)
        threading.Thread(target=link.run, args=(stop,), daemon=True).start()
        for n, camera in enumerate(cameras):
            threading.Thread(
                target=play,
                args=(link, Topics(prefix).frames(camera, leaf.LIVE), jpegs),
                kwargs={"fps": args.fps, "camera": camera, "offset": n, "stop": stop},
                daemon=True,
            ).start()
        time.sleep(3)
        for camera in cameras:
            link.send(
                Topics(prefix).camera(camera, leaf.TRIGGER),
                json.dumps({"duration_s": args.seconds + 20}).encode(),
            )
        late_s = sorted(partial(two, archiver, place, prefix, cameras, args.seconds)())
        stop.set()
    median, p99 = statistics.median(late_s), late_s[int(len(late_s) * 0.99)]
    print(f"{args.cameras} cameras at {args.fps:g} frames of 100 KB a second, {len(late_s)} frames")
    print(
        f"  from capture to the object being readable: median {median * 1000:.0f} ms, p99 {p99 * 1000:.0f} ms"
    )
    result = {
        "name": "archiver-latency",
        "measured": round(p99, 4),
        "floor": round(median, 4),
        "ratio": round(p99 / median, 2),
        "goal": GOAL_S,
        "median_s": round(median, 4),
        "p99_s": round(p99, 4),
    }
    print(json.dumps(result))
    return 0 if p99 <= GOAL_S else 1


def play(
    link: Link, topic: str, jpegs: list[bytes], *, fps: float, camera: str, offset: int, stop: threading.Event
) -> None:
    began_s, n = time.monotonic() + offset / fps / 4, 0
    while not stop.wait(max(0.0, began_s + n / fps - time.monotonic())):
        n += 1
        frame = stamp(jpegs[n % len(jpegs)], FrameId(camera, 1, n, datetime.now(UTC)))
        link.send(topic, frame)


if __name__ == "__main__":
    sys.exit(main())
