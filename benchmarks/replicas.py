"""The same cameras' motion in 1, 2 and 4 replicas on this machine: `make bench-replicas`.

32 cameras of 640x480 at 5 fps, at each of which somebody walks by now and then. One motion service has all of
them; beside it, at the same time and each on topics of its own, two replicas have them by their slots, and
four. What all replicas of a group use, with what each needs for itself, is compared with the one process.
"""

import argparse
import json
import sys
import tempfile
import threading
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from statistics import median

from benchmarks import broker
from benchmarks.feeding import Play, address, crossing, playing, quiet
from benchmarks.stage import Usage, apart, measured, side_by_side
from services.contract.settings import Settings
from services.contract.topics import Topics
from services.motion.service import MotionService

GOAL = 1.10
CAMERAS, FPS = 32, 5.0
GROUPS = (1, 2, 4)
WARM_S = 20.0
NAMES = [f"cam{n}" for n in range(CAMERAS)]


def watch(partition: str, prefix: str, port: int, seconds: float) -> Usage:
    """What one replica uses for its cameras; in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        motion = {"pre_roll": 0, "post_roll": 0.5, "ring_mb": 8}
        settings = Settings.model_validate(
            {
                "state_dir": folder,
                "partition": partition,
                "mqtt": {"prefix": prefix},
                "cameras": {name: {"url": "push:", "motion": motion} for name in NAMES},
            }
        )
        service, stop = MotionService(settings, address(port)), threading.Event()
        life = threading.Thread(target=service.run, args=(stop,), name="motion")
        life.start()
        try:
            return measured(partial(_received, service), warm_s=WARM_S, seconds=seconds)
        finally:
            stop.set()
            life.join()


def _received(service: MotionService) -> int:
    return sum(int(stats.model_dump()["received"]) for stats in service.account().values())


def measure(pictures: list[bytes], port: int, number: int, seconds: float) -> dict[int, Usage]:
    """One round of all groups, in new processes: the sum of each group's replicas."""
    with ExitStack() as stack:
        measures: dict[str, Callable[[], Usage]] = {}
        plays = []
        for count in GROUPS:
            prefix = f"r{number}-{count}"
            plays += [
                Play(name, pictures, FPS, n / FPS / CAMERAS, Topics(prefix)) for n, name in enumerate(NAMES)
            ]
            for slot in range(1, count + 1):
                subject = stack.enter_context(apart())
                measures[f"{count} {slot}"] = partial(
                    subject, watch, f"{slot}/{count}", prefix, port, seconds
                )
        stack.enter_context(playing(plays, port))
        found = side_by_side(1, measures)
    return {
        count: _sum([usages[0] for name, usages in found.items() if name.split()[0] == str(count)])
        for count in GROUPS
    }


def _sum(replicas: list[Usage]) -> Usage:
    return Usage(
        sum(each.frames for each in replicas),
        sum(each.cpu_s for each in replicas),
        median(each.seconds for each in replicas),
        sum(each.rss_bytes for each in replicas),
    )


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=5, help="medians count")
    parser.add_argument("--seconds", type=float, default=20.0, help="measured per round")
    args = parser.parse_args()
    pictures = quiet(640, 480, 75, quality=60) + crossing(640, 480, 15, quality=60)
    print(f"{CAMERAS} cameras of 640x480 at {FPS:g} fps in 1, 2 and 4 replicas of motion, side by side:")
    with broker.embedded() as server:
        rounds = [measure(pictures, server.port, n, args.seconds) for n in range(args.rounds)]
    ratios = {}
    for count in GROUPS:
        ours = [each[count] for each in rounds]
        us, mb = median(e.us_per_frame for e in ours), median(e.rss_bytes for e in ours) / 1e6
        ratios[count] = median(each[count].us_per_frame / each[1].us_per_frame for each in rounds)
        fps = median(each.frames / each.seconds for each in ours) / CAMERAS
        print(
            f"  {count} replicas: {us:6.0f} us of processor time per frame, "
            f"{ratios[count]:.3f} times as much, {mb:6.0f} MB together, "
            f"{fps:.2f} frames per camera and second"
        )
    shortest = min(each[count].frames / each[count].seconds for each in rounds for count in GROUPS)
    result = {
        "name": "replicas",
        "measured": {str(count): round(median(e[count].us_per_frame for e in rounds)) for count in GROUPS},
        "floor": round(median(each[1].us_per_frame for each in rounds)),
        "ratio": {str(count): round(ratio, 3) for count, ratio in ratios.items()},
        "goal": GOAL,
    }
    print(json.dumps(result))
    return 0 if max(ratios.values()) <= GOAL and shortest > 0.95 * FPS * CAMERAS else 1


if __name__ == "__main__":
    sys.exit(main())
