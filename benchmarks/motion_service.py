"""What a frame costs the whole motion service, beside its scaled gray decode: `make bench-motion-service`.

Four scenes, with the default settings. *A camera* as most are: something crosses for four seconds of 24, so
half of the frames belong to an event and most of the others rest. And *every*: something moves in every
picture, each two seconds another thing on another way, so that none of it is learnt as noise; none of the
frames rests as in a quiet scene, and each is an event's. *Again* is the same with one thing that comes the
same way every four seconds, in and out of what is learnt, and is looked at more often for it. Both are
measured when what an event's frames take is in use already, as with a service that has had its first events
archived: here is no archiver, and each frame would be kept, in memory that the system has to clear first (45
page faults a frame, where a real service has one or two). And in the *rain* something stirs all the time that
is no motion.

All that the service does counts, publishing the event's frames too; receiving is measured apart, with a
subscriber that does nothing but acknowledge, and taken off for the first figure. The decode is one of every
frame, as often as they come.
"""

import argparse
import json
import statistics
import sys

from benchmarks import broker
from benchmarks.feeding import Play, carrying, crossing, decoding, moving, playing, quiet, raining, ways
from benchmarks.stage import Apart, alternately, apart

GOALS = {"without_receiving": 1.25, "with_receiving": 1.6}
SIZES = {"720p": (1280, 720), "1080p": (1920, 1080)}
FPS = 15
QUIET_S, MOVING_S = 20, 4
WAYS, WAY_S = 6, 2
#: An event that lasts keeps no more of its frames than come in three seconds, and those before have come.
KEEP_MB, WARM_S = 8, 7.0
RAIN_S = 8
SCENES = ("camera", "every", "again", "rain")


def costs(
    size: tuple[int, int], ours: Apart, theirs: Apart, port: int, *, rounds: int, seconds: float
) -> dict[str, list[float]]:
    """Microseconds of processor time per frame, round by round."""
    still, moved = quiet(*size, 3 * FPS), crossing(*size, MOVING_S * FPS)
    camera = (still * QUIET_S)[: QUIET_S * FPS] + moved
    span = {"warm_s": WARM_S, "seconds": seconds}
    lasting = {"post_roll": 120, "keep_mb": KEEP_MB}
    going = [jpeg for seed in range(WAYS) for jpeg in ways(*size, WAY_S * FPS, seed)]
    scenes = {"camera": camera, "every": going, "again": moved, "rain": raining(*size, RAIN_S * FPS)}
    plays = [Play(name, jpegs, FPS) for name, jpegs in scenes.items()]
    with playing(plays, port):
        return alternately(
            rounds,
            camera=lambda: ours(
                moving, "camera", port, warm_s=8.0, seconds=QUIET_S + MOVING_S
            ).us_per_frame,
            every=lambda: ours(moving, "every", port, **lasting, **span).us_per_frame,
            again=lambda: ours(moving, "again", port, **lasting, **span).us_per_frame,
            rain=lambda: ours(moving, "rain", port, warm_s=2.0 * RAIN_S, seconds=seconds).us_per_frame,
            receive=lambda: theirs(carrying, "every", port, again=False, **span).us_per_frame,
            carry=lambda: theirs(carrying, "every", port, again=True, **span).us_per_frame,
            decode=lambda: theirs(decoding, going, FPS, seconds=seconds).us_per_frame,
        )  # fmt: skip


def ratios(found: dict[str, list[float]], scene: str) -> dict[str, float]:
    rows = list(zip(found[scene], found["receive"], found["decode"], strict=True))
    return {
        "without_receiving": round(
            statistics.median((motion - receive) / decode for motion, receive, decode in rows), 3
        ),
        "with_receiving": round(statistics.median(motion / decode for motion, _, decode in rows), 3),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="alternating rounds; medians count")
    parser.add_argument("--seconds", type=float, default=4.0, help="measured per round and subject")
    parser.add_argument("--size", choices=SIZES, help="only this one")
    args = parser.parse_args()
    print("Processor time per frame, the process alone")
    found: dict[str, dict[str, dict[str, float]]] = {scene: {} for scene in SCENES}
    with broker.embedded() as server, apart() as ours, apart() as theirs:
        for name in [args.size] if args.size else SIZES:
            cost = costs(SIZES[name], ours, theirs, server.port, rounds=args.rounds, seconds=args.seconds)
            medians = {what: round(statistics.median(each)) for what, each in cost.items()}
            print(f"  {name}, microseconds: {medians}")
            for scene in SCENES:
                found[scene][name] = ratios(cost, scene)
                print(f"    {scene}: {found[scene][name]}")
    worst = {goal: max(ratio[goal] for scene in found.values() for ratio in scene.values()) for goal in GOALS}
    print(
        json.dumps({"name": "motion_service", "measured": found, "floor": 1, "ratio": worst, "goal": GOALS})
    )
    return 0 if all(worst[goal] <= most for goal, most in GOALS.items()) else 1


if __name__ == "__main__":
    sys.exit(main())
