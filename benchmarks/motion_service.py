"""What a frame costs the whole motion service, beside its scaled gray decode: `make bench-motion-service`.

Something moves in every picture, so each is analysed, and each is an event's. What it costs to receive a
frame and to publish it once more is measured apart, with a subscriber that does nothing else. The decode is
that of the same pictures, as often as they come.
"""

import argparse
import json
import statistics
import sys

from benchmarks import broker
from benchmarks.feeding import Play, carrying, crossing, decoding, moving, playing
from benchmarks.stage import Apart, alternately, apart

GOALS = {"without_receiving": 1.25, "with_receiving": 1.6}
SIZES = {"720p": (1280, 720), "1080p": (1920, 1080)}
FPS = 15


def costs(
    name: str, jpegs: list[bytes], ours: Apart, theirs: Apart, port: int, *, rounds: int, seconds: float
) -> dict[str, list[float]]:
    """Microseconds of processor time per frame, round by round."""
    span = {"warm_s": 2.0, "seconds": seconds}

    def carried(*, again: bool) -> float:
        return theirs(carrying, name, port, again=again, **span).us_per_frame

    with playing([Play(name, jpegs, FPS)], port):
        return alternately(
            rounds,
            motion=lambda: ours(moving, name, port, post_roll=120, **span).us_per_frame,
            receive=lambda: carried(again=False),
            carry=lambda: carried(again=True),
            decode=lambda: theirs(decoding, jpegs, FPS, seconds=seconds).us_per_frame,
        )


def ratios(found: dict[str, list[float]]) -> dict[str, float]:
    rows = list(zip(*(found[what] for what in ("motion", "receive", "carry", "decode")), strict=True))
    without = [(motion - carry) / decode for motion, _, carry, decode in rows]
    with_receiving = [(motion - carry + receive) / decode for motion, receive, carry, decode in rows]
    return {
        "without_receiving": round(statistics.median(without), 3),
        "with_receiving": round(statistics.median(with_receiving), 3),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="alternating rounds; medians count")
    parser.add_argument("--seconds", type=float, default=3.0, help="measured per round and subject")
    args = parser.parse_args()
    print("Processor time per frame, the process alone; something moves in every picture")
    found: dict[str, dict[str, float]] = {}
    with broker.embedded() as server, apart() as ours, apart() as theirs:
        for name, (width, height) in SIZES.items():
            jpegs = crossing(width, height, 4 * FPS)
            cost = costs(name, jpegs, ours, theirs, server.port, rounds=args.rounds, seconds=args.seconds)
            found[name] = ratios(cost)
            medians = {what: round(statistics.median(each)) for what, each in cost.items()}
            print(f"  {name}, {len(jpegs[0]) / 1e3:.0f} KB, microseconds: {medians}; {found[name]}")
    worst = {goal: max(ratio[goal] for ratio in found.values()) for goal in GOALS}
    print(
        json.dumps({"name": "motion_service", "measured": found, "floor": 1, "ratio": worst, "goal": GOALS})
    )
    return 0 if all(worst[goal] <= most for goal, most in GOALS.items()) else 1


if __name__ == "__main__":
    sys.exit(main())
