"""What one of 32 cameras costs in one process, beside one alone: `make bench-cameras`.

Motion JPEG of 640x480 at 5 fps, passed through. At the same time, each in a process of its own: capture
without a camera, with one, and with 32. What the service itself needs, which is what the first uses, is taken
off the others. A process finds room for one camera in what Python and the system hold ready anyway, now more,
now less: there are several of each, and their means count. Rings keep a second of frames here: by default
they keep two minutes, and that memory is the frames' own.
"""

import argparse
import json
import sys
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from statistics import mean, stdev

from benchmarks import broker
from benchmarks.stage import Stream, Usage, apart, cameras, capture, jpegs_of, side_by_side, street

GOAL = 1.15
MANY = 32
#: Processes with so many cameras each.
PROCESSES = {0: 4, 1: 8, MANY: 1}
NAMES = {0: "none", 1: "one", MANY: "many"}
FPS = 5.0
WARM_S = 6.0
KILOBYTES = 40
MB = 1e6


def measure(port: int, camera: int, seconds: float) -> dict[int, list[Usage]]:
    """One round, in new processes: memory that was given back is not always seen to be."""
    span = {"warm_s": WARM_S, "seconds": seconds, "ring_seconds": 1}
    with ExitStack() as stack:
        measures: dict[str, Callable[[], Usage]] = {}
        for count, processes in PROCESSES.items():
            for n in range(processes):
                subject = stack.enter_context(apart())
                measures[f"{count}/{n}"] = partial(subject, capture, _urls(camera, count), port, **span)
        found = side_by_side(1, measures)
    return {
        count: [found[f"{count}/{n}"][0] for n in range(processes)] for count, processes in PROCESSES.items()
    }


def _urls(camera: int, count: int) -> list[str]:
    return [f"http://127.0.0.1:{camera}/yard/{n}" for n in range(count)]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=4, help="means count")
    parser.add_argument("--seconds", type=float, default=8.0, help="measured per round")
    args = parser.parse_args()
    stream = Stream(jpegs_of(street(640, 480, 20), KILOBYTES), FPS)
    with broker.embedded() as server, cameras({"yard": stream}) as camera:
        rounds = [measure(server.port, camera, args.seconds) for _ in range(args.rounds)]
    usages = {count: [usage for each in rounds for usage in each[count]] for count in PROCESSES}
    cpu = {count: mean(usage.ms_per_second for usage in found) for count, found in usages.items()}
    rss = {count: mean(usage.rss_bytes for usage in found) / MB for count, found in usages.items()}
    measured = {"cpu_ms": (cpu[MANY] - cpu[0]) / MANY, "mb": (rss[MANY] - rss[0]) / MANY}
    floor = {"cpu_ms": cpu[1] - cpu[0], "mb": rss[1] - rss[0]}
    error_mb = stdev(usage.rss_bytes for usage in usages[1]) / MB / len(usages[1]) ** 0.5
    fps = mean(usage.frames / usage.seconds for usage in usages[MANY]) / MANY
    print(f"{MANY} cameras of 640x480 and {KILOBYTES} KB at {FPS:g} fps ({fps:.2f} arrived), preview off:")
    print(f"  {'':12} {'CPU, ms per second':>20} {'memory, MB':>12}")
    for count, name in NAMES.items():
        print(f"  {name:12} {cpu[count]:20.2f} {rss[count]:12.1f}")
    print(f"  {'one of many':12} {measured['cpu_ms']:20.2f} {measured['mb']:12.2f}")
    print(f"  {'one alone':12} {floor['cpu_ms']:20.2f} {floor['mb']:12.2f} (standard error {error_mb:.2f})")
    ratios = {name: measured[name] / floor[name] for name in floor}
    result = {
        "name": "cameras",
        "measured": {name: round(each, 3) for name, each in measured.items()},
        "floor": {name: round(each, 3) for name, each in floor.items()},
        "ratio": {name: round(each, 3) for name, each in ratios.items()},
        "goal": GOAL,
    }
    print(json.dumps(result))
    return 0 if max(ratios.values()) <= GOAL and fps > 0.95 * FPS else 1


if __name__ == "__main__":
    sys.exit(main())
