"""What one of 32 cameras costs in one process, beside one alone: `make bench-cameras`.

Motion JPEG of 640x480 at 5 fps, passed through. Three processes at the same time: capture without a camera,
with one, and with 32. What the service itself needs, which is what the first uses, is taken off the others.
Rings keep a second of frames here: by default they keep two minutes, and that memory is the frames' own.
"""

import argparse
import json
import statistics
import sys
from functools import partial

from benchmarks import broker
from benchmarks.stage import Stream, Usage, apart, cameras, capture, jpegs_of, side_by_side, street

GOAL = 1.15
MANY = 32
FPS = 5.0
WARM_S = 4.0
KILOBYTES = 40
MB = 1e6


def measure(port: int, camera: int, seconds: float) -> dict[str, Usage]:
    """One round, in new processes: memory that was given back is not always seen to be."""
    span = {"warm_s": WARM_S, "seconds": seconds, "ring_seconds": 1}
    counts = {"none": 0, "one": 1, "many": MANY}
    with apart() as first, apart() as second, apart() as third:
        subjects = zip((first, second, third), counts.items(), strict=True)
        measures = {
            name: partial(subject, capture, _urls(camera, count), port, **span)
            for subject, (name, count) in subjects
        }
        return {name: usages[0] for name, usages in side_by_side(1, measures).items()}


def _urls(camera: int, count: int) -> list[str]:
    return [f"http://127.0.0.1:{camera}/yard/{n}" for n in range(count)]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3, help="medians count")
    parser.add_argument("--seconds", type=float, default=8.0, help="measured per round")
    args = parser.parse_args()
    stream = Stream(jpegs_of(street(640, 480, 20), KILOBYTES), FPS)
    with broker.embedded() as server, cameras({"yard": stream}) as camera:
        rounds = [measure(server.port, camera, args.seconds) for _ in range(args.rounds)]
    cpu = {name: statistics.median(each[name].ms_per_second for each in rounds) for name in rounds[0]}
    rss = {name: statistics.median(each[name].rss_bytes for each in rounds) / MB for name in rounds[0]}
    measured = {"cpu_ms": (cpu["many"] - cpu["none"]) / MANY, "mb": (rss["many"] - rss["none"]) / MANY}
    floor = {"cpu_ms": cpu["one"] - cpu["none"], "mb": rss["one"] - rss["none"]}
    fps = statistics.median(each["many"].frames / each["many"].seconds for each in rounds) / MANY
    print(f"{MANY} cameras of 640x480 and {KILOBYTES} KB at {FPS:g} fps ({fps:.2f} arrived), preview off:")
    print(f"  {'':12} {'CPU, ms per second':>20} {'memory, MB':>12}")
    for name in ("none", "one", "many"):
        print(f"  {name:12} {cpu[name]:20.2f} {rss[name]:12.1f}")
    print(f"  {'one of many':12} {measured['cpu_ms']:20.2f} {measured['mb']:12.2f}")
    print(f"  {'one alone':12} {floor['cpu_ms']:20.2f} {floor['mb']:12.2f}")
    print(f"  each camera after the first: {(rss['many'] - rss['one']) / (MANY - 1):.2f} MB")
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
