"""What a camera costs on which nothing moves, and how late a sign is noticed: `make bench-motion-quiet`.

One 720p camera at 15 pictures a second. The whole motion service, without what it costs to receive the
frames, beside one scaled gray decode of each. Then, picture by picture and without a clock, something comes
in at each of many moments: how much later is it noticed, and does motion begin, than if every picture were
looked at closely?
"""

import argparse
import json
import math
import statistics
import sys
from functools import partial

from benchmarks import broker
from benchmarks.feeding import Play, carrying, crossing, decoding, moving, playing, quiet
from benchmarks.stage import Apart, alternately, apart
from services.contract.settings import MotionSettings
from services.motion.decode import decode_gray
from services.motion.gaze import Gaze

WIDTH, HEIGHT, FPS = 1280, 720, 15
GOALS = {"cost": 0.5, "late_ms": 200.0}
SETTLED_S = 20.0
#: Until then what is usual in the picture is still being learnt, and every look is a close one.
KNOWN_S = 8.0


def costs(
    name: str, jpegs: list[bytes], ours: Apart, theirs: Apart, port: int, *, rounds: int, seconds: float
) -> dict[str, list[float]]:
    """Microseconds of processor time per frame, round by round."""
    span = {"warm_s": KNOWN_S, "seconds": seconds}
    with playing([Play(name, jpegs, FPS)], port):
        return alternately(
            rounds,
            motion=lambda: ours(moving, name, port, **span).us_per_frame,
            receive=lambda: theirs(carrying, name, port, again=False, **span).us_per_frame,
            decode=lambda: theirs(decoding, jpegs, FPS, seconds=seconds).us_per_frame,
        )


def first(jpegs: list[bytes], comes: list[bytes], offset: int, *, every: bool) -> tuple[float, float]:
    """`(first sign, begin of motion)` in seconds after something came in, `offset` pictures later."""
    gaze, still = Gaze(MotionSettings()), round(SETTLED_S * FPS) + offset
    seen = float("nan")
    for n in range(still + len(comes)):
        jpeg = jpegs[n % len(jpegs)] if n < still else comes[n - still]
        time_s = n / FPS
        if not gaze.due(time_s, len(jpeg), alert=every):
            continue
        decision = gaze.look(time_s, partial(decode_gray, jpeg), alert=every)
        if n >= still:
            if decision.sign and math.isnan(seen):
                seen = time_s - still / FPS
            if decision.moving:
                return seen, time_s - still / FPS
    raise RuntimeError("what came in was not seen at all")


def lateness(jpegs: list[bytes], moments: int) -> dict[str, list[float]]:
    """Milliseconds that the first sign, and motion, are later than with a look at every picture."""
    late: dict[str, list[float]] = {"sign": [], "motion": []}
    comes = crossing(WIDTH, HEIGHT, 4 * FPS)[4:]
    for offset in range(moments):
        paced, every = (first(jpegs, comes, offset, every=every) for every in (False, True))
        late["sign"].append((paced[0] - every[0]) * 1e3)
        late["motion"].append((paced[1] - every[1]) * 1e3)
    return late


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="alternating rounds; medians count")
    parser.add_argument("--seconds", type=float, default=4.0, help="measured per round and subject")
    parser.add_argument("--moments", type=int, default=12, help="at which something comes in")
    args = parser.parse_args()
    jpegs = quiet(WIDTH, HEIGHT, 3 * FPS)
    print(f"One quiet camera of 720p at {FPS} fps, {len(jpegs[0]) / 1e3:.0f} KB a frame")
    with broker.embedded() as server, apart() as ours, apart() as theirs:
        found = costs("quiet", jpegs, ours, theirs, server.port, rounds=args.rounds, seconds=args.seconds)
        late = ours(lateness, jpegs, args.moments)
    medians = {what: round(statistics.median(each)) for what, each in found.items()}
    rows = zip(found["motion"], found["receive"], found["decode"], strict=True)
    ratio = statistics.median((motion - receive) / decode for motion, receive, decode in rows)
    whole = medians["motion"] / medians["decode"]
    worst = {what: max(each) for what, each in late.items()}
    print(f"  microseconds of processor time per frame: {medians}; with receiving {whole:.2f} of the decode")
    print(f"  later than with a look at every picture, at worst: {worst['sign']:.0f} ms the first sign, "
          f"{worst['motion']:.0f} ms motion")  # fmt: skip
    result = {
        "name": "motion_quiet",
        "measured": {
            "cost": round(ratio, 3),
            "sign_late_ms": round(worst["sign"]),
            "motion_late_ms": round(worst["motion"]),
        },
        "floor": 1,
        "ratio": round(ratio, 3),
        "goal": GOALS,
    }  # fmt: skip
    print(json.dumps(result))
    return 0 if ratio <= GOALS["cost"] and max(worst.values()) <= GOALS["late_ms"] else 1


if __name__ == "__main__":
    sys.exit(main())
