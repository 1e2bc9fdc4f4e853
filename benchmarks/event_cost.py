"""What a frame costs from the lens to the bucket, and what it adds in an event: `make bench-event-cost`.

16 cameras of 640x480 at 5 fps; capture, motion and archiver as processes of their own, a real mosquitto, a
real S3 server. First nobody is in the picture, then people walk by all the time. The processor time of each,
the broker's and the store's too, per frame that capture published and, for what an event adds, per frame that
was stored. These are the costs that `benchmarks.capacity` reckons with.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median

from benchmarks import broker
from benchmarks.archiving import IN_MEMORY
from benchmarks.household import SERVICES, Household, live
from benchmarks.lasting.reading import read
from benchmarks.stage import Stream, Usage, apart, cameras, jpegs_of, side_by_side
from services.capture.cameras.encode import Image
from services.capture.cameras.street import Street
from services.contract.urls import DemoUrl
from tests import backends
from tests.real import S3Server

CAMERAS, FPS, KILOBYTES = 16, 5.0, 45
STREET_S = 60
WARM_S = 20.0


def nobody() -> list[Image]:
    """Six seconds of the same street, empty but for the sensor's noise."""
    street = Street(DemoUrl(width=640, height=480, fps=FPS, activity="calm"))
    return [street.render(n, 0).copy() for n in range(int(6 * FPS))]


def walking() -> list[Image]:
    """A minute of the demo's street, in which somebody crosses every ten seconds."""
    street = Street(DemoUrl(width=640, height=480, fps=FPS, activity="busy"))
    return [street.render(n, 0).copy() for n in range(int(STREET_S * FPS))]


@dataclass(frozen=True, slots=True)
class Phase:
    """What each process used while nobody, or always somebody, was in the picture."""

    published: float  # frames a second
    stored: float
    ms: dict[str, float]  # processor time, in ms per second
    mb: dict[str, float]


def play(pictures: list[bytes], name: str, s3: S3Server, *, rounds: int, seconds: float) -> Phase:
    """Each round in new processes, with an empty bucket; medians count."""
    found = []
    with broker.mosquitto() as server, cameras({"yard": Stream(pictures, FPS)}) as camera:
        if server is None:
            raise SystemExit("there is no mosquitto here, neither the program nor the image")
        for n in range(rounds):
            archive = {
                "url": s3.archive_url(s3.make_bucket()),
                "access_key": s3.access_key,
                "secret_key": s3.secret_key,
            }
            home = Household(f"{name}{n}", CAMERAS, camera, server.port, pictures[0], archive, WARM_S)
            found.append(_round(home, {"broker": server.pid, "store": s3.pid}, seconds))
    return Phase(
        median(each["capture"].frames / each["capture"].seconds for each in found),
        median(each["archiver"].frames / each["archiver"].seconds for each in found),
        {who: median(each[who].ms_per_second for each in found) for who in found[0]},
        {who: median(each[who].rss_bytes for each in found) / 1e6 for who in found[0]},
    )


def _round(home: Household, others: dict[str, int], seconds: float) -> dict[str, Usage]:
    with ExitStack() as stack:
        measures: dict[str, Callable[[], Usage]] = {
            service: partial(stack.enter_context(apart()), live, home, service, seconds=seconds)
            for service in SERVICES
        }
        measures |= {name: partial(used, pid, seconds) for name, pid in others.items()}
        return {name: usages[0] for name, usages in side_by_side(1, measures).items()}


def used(pid: int, seconds: float) -> Usage:
    """What a process that is none of ours uses meanwhile."""
    time.sleep(WARM_S)
    before, began_s = read(pid), time.monotonic()
    time.sleep(seconds)
    after, lasted_s = read(pid), time.monotonic() - began_s
    if before is None or after is None:
        raise RuntimeError("the broker or the store has ended")
    return Usage(0, after.cpu_s - before.cpu_s, lasted_s, int(after.rss_mb * 1e6))


def costs(still: Phase, busy: Phase) -> dict[str, dict[str, float]]:
    """Milliseconds per published frame, and what a stored one adds to that, by process."""
    found = {}
    for who, ms in still.ms.items():
        each = ms / still.published
        found[who] = {
            "ms_per_frame": round(each, 3),
            "ms_per_stored": round((busy.ms[who] - each * busy.published) / busy.stored, 3),
        }
    return found


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=3, help="medians count")
    parser.add_argument("--seconds", type=float, default=20.0, help="measured per round")
    args = parser.parse_args()
    print(f"{CAMERAS} cameras of 640x480, {KILOBYTES} KB, {FPS:g} fps; {backends.describe()}")
    span = {"rounds": args.rounds, "seconds": args.seconds}
    with (
        tempfile.TemporaryDirectory(dir=IN_MEMORY) as folder,
        backends.running_s3(Path(folder)) as s3,
    ):
        still = play(jpegs_of(nobody(), KILOBYTES), "still", s3, **span)
        busy = play(jpegs_of(walking(), KILOBYTES), "busy", s3, **span)
    found = costs(still, busy)
    print(f"  {still.published:.1f} and {busy.published:.1f} frames a second, {busy.stored:.1f} stored")
    print(f"  {'':10}{'ms per frame':>14}{'and per stored':>16}{'MB, still':>12}{'MB, busy':>12}")
    for who, each in found.items():
        print(
            f"  {who:10}{each['ms_per_frame']:14.3f}{each['ms_per_stored']:16.3f}"
            f"{still.mb[who]:12.1f}{busy.mb[who]:12.1f}"
        )
    whole = {key: round(sum(each[key] for each in found.values()), 3) for key in found["capture"]}
    result = {
        "name": "event_cost",
        "measured": found,
        "floor": whole["ms_per_frame"],
        "ratio": round((whole["ms_per_frame"] + whole["ms_per_stored"]) / whole["ms_per_frame"], 2),
        "goal": None,
        "published_per_s": round(busy.published, 1),
        "stored_per_s": round(busy.stored, 1),
        "mb": {"still": still.mb, "busy": busy.mb},
    }
    print(json.dumps(result))
    return 0 if still.published > 0.95 * CAMERAS * FPS and busy.stored > 0 else 1


if __name__ == "__main__":
    sys.exit(main())
