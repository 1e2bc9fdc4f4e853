"""What a camera costs where there are 1, 4, 16 or 64 of them: `make bench-camera-cost`.

Motion JPEG of 640x480 at 5 fps, with a sensor's noise and nobody in the picture. Households live side by
side, each with capture, motion and an archiver that has nothing to do as processes of its own: households of
0, 1, 4 and 16 cameras at the same time, then of 0, 1 and 64: what else the machine does meets all alike. What
a household without cameras uses is taken off the others; it has decoded a picture once, so that the code
which a library loads for that counts as its own. The rest, per frame and per camera, is the measured cost.
Rings keep a second of frames: that memory is the frames' own, and follows from rate and size.

`--plot FILE` writes the plot that is in the docs.
"""

import argparse
import json
import sys
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import mean, median, stdev

from benchmarks import broker
from benchmarks.chart import Curve, Panel, chart
from benchmarks.feeding import quiet
from benchmarks.household import SERVICES, Household, live
from benchmarks.stage import Stream, Usage, apart, cameras, side_by_side

GOAL = 1.15
FPS = 5.0
#: So many households with so many cameras each, at one time. A small process finds room in what it holds
#: ready anyway, now more, now less, so there are several of those; all at once are too many for two cores.
SITTINGS = ({0: 2, 1: 4, 4: 2, 16: 1}, {0: 2, 1: 4, 64: 1})
COUNTS = (1, 4, 16, 64)
MB = 1e6


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one service and so many cameras: what each of them costs beside a service without cameras."""

    ms_per_frame: float
    mb: float
    mb_error: float


def measure(
    sitting: dict[int, int], port: int, camera: int, picture: bytes, seconds: float
) -> dict[tuple[str, int], list[Usage]]:
    """All households of a sitting, in new processes: memory that was given back is not always seen to be."""
    with ExitStack() as stack:
        measures: dict[str, Callable[[], Usage]] = {}
        for count, households in sitting.items():
            for n in range(households):
                for service in SERVICES:
                    subject = stack.enter_context(apart())
                    household = Household(f"h{count}-{n}", count, camera, port, picture)
                    measures[f"{service} {count} {n}"] = partial(
                        subject, live, household, service, seconds=seconds
                    )
        found = side_by_side(1, measures)
    rounds: dict[tuple[str, int], list[Usage]] = {}
    for name, usages in found.items():
        service, count_text, _ = name.split()
        rounds.setdefault((service, int(count_text)), []).extend(usages)
    return rounds


def control(port: int, pictures: list[bytes], seconds: float) -> tuple[float, float]:
    """What 16 cameras cost capture, and what one costs that has as many frames a second: ms per frame.

    Where both are alike it is how long a process sleeps that makes a camera cheap or dear, not their number.
    """
    count = 16
    with ExitStack() as stack:
        ports = [
            stack.enter_context(cameras({"yard": Stream(pictures, fps)})) for fps in (FPS, count * FPS, FPS)
        ]
        found = side_by_side(
            1,
            {
                name: partial(
                    stack.enter_context(apart()),
                    live,
                    Household(f"control-{name}", number, camera, port, pictures[0]),
                    "capture",
                    seconds=seconds,
                )
                for name, number, camera in zip(("many", "one", "none"), (count, 1, 0), ports, strict=True)
            },
        )
    many, one, none = (found[name][0] for name in ("many", "one", "none"))

    def per_frame(usage: Usage) -> float:
        return (usage.ms_per_second - none.ms_per_second) / usage.frames * usage.seconds

    return per_frame(many), per_frame(one)


def costs(found: dict[tuple[str, int], list[Usage]], service: str) -> dict[int, Cost]:
    """What each of so many cameras costs in that service."""
    alone = found[service, 0]
    alone_ms = mean(usage.ms_per_second for usage in alone)
    alone_mb = mean(usage.rss_bytes for usage in alone) / MB
    result = {}
    for count in COUNTS:
        usages = found[service, count]
        fps = mean(usage.frames / usage.seconds for usage in usages) or count * FPS  # the archiver has none
        ms = (mean(usage.ms_per_second for usage in usages) - alone_ms) / fps
        sizes = [usage.rss_bytes / MB for usage in usages]
        error = stdev(sizes) / len(sizes) ** 0.5 / count if len(sizes) > 1 else 0.0
        result[count] = Cost(ms, (mean(sizes) - alone_mb) / count, error)
    return result


def table(found: dict[str, dict[int, Cost]], base: dict[str, tuple[float, float]]) -> str:
    """For people: each service's cost per camera, and what the service needs itself."""
    counts = COUNTS
    lines = [
        f"  {'':24}" + "".join(f"{f'{count} cameras':>14}" for count in counts) + f"{'service itself':>18}"
    ]
    for service, each in found.items():
        ms, mb = base.get(service, (0.0, 0.0))
        lines.append(
            f"  {service + ', ms per frame':24}"
            + "".join(f"{each[count].ms_per_frame:14.3f}" for count in counts)
            + f"{ms:12.2f} ms/s"
        )
        lines.append(
            f"  {service + ', MB':24}"
            + "".join(f"{each[count].mb:8.2f} ±{each[count].mb_error:4.2f}" for count in counts)
            + f"{mb:15.1f} MB"
        )
    return "\n".join(lines)


def together(found: dict[str, dict[int, Cost]]) -> dict[int, Cost]:
    """All services' costs of a camera."""
    return {
        count: Cost(
            sum(found[service][count].ms_per_frame for service in SERVICES),
            sum(found[service][count].mb for service in SERVICES),
            sum(found[service][count].mb_error ** 2 for service in SERVICES) ** 0.5,
        )
        for count in COUNTS
    }


def plot(found: dict[str, dict[int, Cost]]) -> str:
    counts = COUNTS

    def curves(value: Callable[[Cost], float]) -> list[Curve]:
        return [
            Curve(name, [(count, value(each[count])) for count in counts], dots=True)
            for name, each in found.items()
        ]

    return chart(
        [
            Panel(
                title,
                curves(value),
                x_ticks=counts,
                x_words="{:g}".format,
                logarithmic_x=True,
            )
            for title, value in (
                ("Processor, ms per frame, with so many cameras", lambda cost: cost.ms_per_frame),
                ("Memory, MB per camera, with so many cameras", lambda cost: cost.mb),
            )
        ],
        columns=2,
    )


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=4, help="means count")
    parser.add_argument("--seconds", type=float, default=20.0, help="measured per round")
    parser.add_argument("--plot", type=Path, help="write an SVG there")
    args = parser.parse_args()
    pictures = quiet(640, 480, 40, quality=60)
    kilobytes = median(map(len, pictures)) / 1000
    print(
        f"640x480, {kilobytes:.0f} KB, {FPS:g} fps, nobody in the picture; {args.rounds} rounds, side by side"
    )
    usages: dict[tuple[str, int], list[Usage]] = {}
    with broker.embedded() as server, cameras({"yard": Stream(pictures, FPS)}) as camera:
        for n in range(args.rounds):
            for sitting in SITTINGS:
                found_now = measure(sitting, server.port, camera, pictures[0], args.seconds)
                for key, measured_now in found_now.items():
                    usages.setdefault(key, []).extend(measured_now)
            print(f"  round {n + 1} done", flush=True)
        similar = control(server.port, pictures, args.seconds)
    found = {service: costs(usages, service) for service in SERVICES}
    base = {
        service: (
            mean(usage.ms_per_second for usage in usages[service, 0]),
            mean(usage.rss_bytes for usage in usages[service, 0]) / MB,
        )
        for service in SERVICES
    }
    arrived = min(
        mean(usage.frames / usage.seconds for usage in usages["motion", count]) / count for count in COUNTS
    )
    found["together"] = whole = together(found)
    print(table(found, base))
    print(f"  {arrived:.2f} of {FPS:g} frames a second arrived at motion where fewest did")
    many, one = similar
    print(f"  capture, ms per frame: 16 cameras {many:.3f}, one with as many frames a second {one:.3f}")
    if args.plot:
        args.plot.write_text(plot(found))
    ratios = {
        "cpu": max(each.ms_per_frame for each in whole.values()) / whole[1].ms_per_frame,
        "memory": max(each.mb for each in whole.values()) / whole[1].mb,
    }
    result = {
        "name": "camera_cost",
        "measured": {f"{count}": [round(c.ms_per_frame, 3), round(c.mb, 3)] for count, c in whole.items()},
        "floor": [round(whole[1].ms_per_frame, 3), round(whole[1].mb, 3)],
        "ratio": {name: round(ratio, 3) for name, ratio in ratios.items()},
        "goal": GOAL,
        "control": [round(many, 3), round(one, 3)],
    }
    print(json.dumps(result))
    return 0 if max(ratios.values()) <= GOAL and arrived > 0.95 * FPS else 1


if __name__ == "__main__":
    sys.exit(main())
