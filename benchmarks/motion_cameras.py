"""How many cameras one motion service watches without leaving a frame out: `make bench-motion-cameras`.

32 cameras of 720p at 5 pictures a second, on each of which something crosses now and then. Then the rate is
raised until analyses are left out; frames never are. How evenly that meets the cameras is told too: only
what was left out because of load counts there, not what rested since nothing had moved.
"""

import argparse
import json
import statistics
import sys
import time
from dataclasses import dataclass

from benchmarks import broker
from benchmarks.feeding import Play, crossing, motion, playing, quiet
from benchmarks.stage import Apart, apart

CAMERAS = 32
RATES = (5, 10, 15, 20, 25, 30)


@dataclass(frozen=True, slots=True)
class Load:
    """What became of the frames, per camera and second, and the processor time of it all, in cores."""

    received: float
    analysed: list[float]
    unanalysed: list[float]
    cores: float

    @property
    def left_out(self) -> float:
        """Fraction of the frames that were kept and not looked at, because of load."""
        return sum(self.unanalysed) / max(1e-9, self.received * len(self.unanalysed))

    @property
    def evenness(self) -> float:
        """Of what was to be looked at, the part that was: the worst camera's against the median."""
        shares = [
            seen / max(1e-9, seen + left_out)
            for seen, left_out in zip(self.analysed, self.unanalysed, strict=True)
        ]
        return min(shares) / max(1e-9, statistics.median(shares))


def watch(cameras: list[str], port: int, warm_s: float, seconds: float) -> Load:
    with motion(cameras, port, pre_roll=0, post_roll=0.5, ring_mb=8) as service:
        time.sleep(warm_s)
        before, cpu_s, began_s = _counts(cameras, service.account()), time.process_time(), time.monotonic()
        time.sleep(seconds)
        after, lasted_s = _counts(cameras, service.account()), time.monotonic() - began_s
        rates = [
            [(new - old) / lasted_s for new, old in zip(*pair, strict=True)]
            for pair in zip(after, before, strict=True)
        ]
        used_s = time.process_time() - cpu_s
        return Load(statistics.mean(rates[0]), rates[1], rates[2], used_s / lasted_s)


def _counts(cameras: list[str], account: object) -> list[list[float]]:
    assert isinstance(account, dict)
    dumped = [account[camera].model_dump() for camera in cameras]
    return [[float(one[what]) for one in dumped] for what in ("received", "analysed", "unanalysed")]


def at(fps: float, pictures: list[bytes], port: int, ours: Apart, seconds: float) -> Load:
    names = [f"cam{n}" for n in range(CAMERAS)]
    plays = [Play(name, pictures, fps, n / fps / CAMERAS) for n, name in enumerate(names)]
    with playing(plays, port):
        return ours(watch, names, port, 4.0, seconds)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=8.0, help="measured at each rate")
    args = parser.parse_args()
    pictures = quiet(1280, 720, 40, quality=50) + crossing(1280, 720, 10, quality=50)
    print(f"{CAMERAS} cameras of 720p, {len(pictures[0]) / 1e3:.0f} KB a frame, in one process")
    found: dict[float, Load] = {}
    with broker.embedded() as server, apart() as ours:
        for fps in RATES:
            load = found[fps] = at(fps, pictures, server.port, ours, args.seconds)
            print(
                f"  {fps:2d} fps each: {load.received:.1f} received, {statistics.median(load.analysed):.1f} "
                f"analysed, {load.left_out:.1%} left out, worst camera against median {load.evenness:.2f}, "
                f"{load.cores:.2f} cores"
            )
            if load.left_out > 0.2:
                break
    result = {
        "name": "motion_cameras",
        "measured": {f"{fps:g} fps": round(load.left_out, 4) for fps, load in found.items()},
        "floor": 0,
        "ratio": round(found[RATES[0]].left_out, 4),
        "goal": 0,
    }
    print(json.dumps(result))
    return 0 if found[RATES[0]].left_out == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
