"""Hours of 16 demo cameras with a fault every few minutes: is anything lost, and does anything grow?

`make long-run` (HOURS=0.5 for less) runs capture, motion, archiver and gateway as processes, with a broker,
an S3 server and two viewers. Every 30 s it notes each process's memory, open files, threads and processor
time, and the account of frames. `build/long-run` gets the record (JSON lines), a plot and a report;
`--report` makes the last two anew from a record. Ctrl-C ends it early, with what there is by then.
"""

import argparse
import contextlib
import json
import os
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from benchmarks.lasting.account import Account, settle
from benchmarks.lasting.plan import Planned, plan
from benchmarks.lasting.record import Recorder, load
from benchmarks.lasting.report import report
from benchmarks.lasting.town import Town, Viewer, a_town
from services.archive.progress import Progress
from services.archive.shelf import Shelf
from services.archive.verify import Verification
from services.contract.archive import Manifest
from services.contract.archive_keys import KeyLayout
from tests import backends

CAMERAS = 16
VIEWERS = 2
SAMPLE_S = 30.0
SETTLE_S = 180.0


class Run:
    """One run, from the first sample to the account."""

    def __init__(self, town: Town, recorder: Recorder, stop: threading.Event) -> None:
        self._town = town
        self._recorder = recorder
        self._stop = stop
        self._viewers = [Viewer(town, name) for name in list(town.bank.lenses)[:VIEWERS]]
        self._began_s = time.monotonic()

    def go(self, planned: list[Planned], seconds: float, dice: Random) -> None:
        over = threading.Event()
        sampler = threading.Thread(target=self._sample, args=(over,), name="sampler")
        sampler.start()
        try:
            for each in planned:
                if self._stop.wait(max(0.0, each.at_s - self._at_s)):
                    break
                self._strike(each, dice)
            self._stop.wait(max(0.0, seconds - self._at_s))
        finally:
            over.set()
            sampler.join()

    def account(self) -> tuple[Account, Shelf]:
        """When capture has stopped and all that is open has been answered, or it takes too long."""
        self._town.services["capture"].stop()
        books, until_s = self._town.notary.books, time.monotonic() + SETTLE_S
        while time.monotonic() < until_s and any(book.unanswered() for book in list(books.values())):
            time.sleep(1.0)
        for viewer in self._viewers:
            viewer.leave()
        shelf, total = Shelf(self._town.store, KeyLayout()), Account()
        for name in self._town.bank.lenses:
            total.add(settle(name, books[name], _manifests(shelf, name)))
        return total, shelf

    @property
    def _at_s(self) -> float:
        return time.monotonic() - self._began_s

    def _strike(self, planned: Planned, dice: Random) -> None:
        at_s, error, again = self._at_s, "", list[str]()
        print(f"{_clock(at_s)} {planned.fault.name}", flush=True)
        try:
            planned.fault.inject(self._town, dice)
        except RuntimeError as late:  # on a busy machine a start may take longer than the fault waits
            error = str(late).splitlines()[0]
        again = self._town.await_all()
        took_s = round(self._at_s - at_s, 2)
        self._recorder.write(
            "fault",
            at_s=round(at_s, 2),
            name=planned.fault.name,
            took_s=took_s,
            error=error,
            started_again=again,
        )

    def _sample(self, over: threading.Event) -> None:
        due_s = 0.0
        while not over.wait(max(0.0, due_s - self._at_s)):
            due_s += SAMPLE_S
            services = {name: asdict(reading) for name, reading in self._town.readings().items()}
            self._recorder.write(
                "sample",
                at_s=round(self._at_s, 2),
                services=services,
                frames=self._frames(),
                load=round(os.getloadavg()[0], 2),
            )

    def _frames(self) -> dict[str, int]:
        notary = self._town.notary
        books = list(notary.books.values())
        return {
            "published": sum(len(book.seen) for book in books),
            "in_events": sum(len(one) for book in books for one in list(book.in_events.values())),
            "events_answered": sum(len(book.ends) for book in books),
            "open_handovers": sum(notary.open.values()),
            "viewed_bytes": sum(viewer.bytes for viewer in self._viewers),
            "viewer_connections": sum(viewer.connections for viewer in self._viewers),
        }


def _manifests(shelf: Shelf, camera: str) -> Iterator[Manifest]:
    for ref in shelf.events([camera]):
        if manifest := shelf.manifest(ref):
            yield manifest


def _kind(method: str, path: str) -> str:
    """What a request to S3 is called on a price list."""
    return "LIST" if method == "GET" and "list-type" in path else method


def _clock(seconds: float) -> str:
    return f"{int(seconds // 3600)}:{int(seconds // 60) % 60:02}:{int(seconds) % 60:02}"


@contextmanager
def _interruptible() -> Iterator[threading.Event]:
    """An event that Ctrl-C and SIGTERM set."""
    stop = threading.Event()
    before = {
        number: signal.signal(number, lambda *_: stop.set()) for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def run(args: argparse.Namespace) -> None:
    """Writes the record. What it takes while it runs is in a temporary folder."""
    seconds = args.hours * 3600
    recorder = Recorder(args.out / "record.jsonl")
    width, _, height = args.size.partition("x")
    with tempfile.TemporaryDirectory(prefix="nightjar-long-run-") as folder, _interruptible() as stop:
        print(f"{args.cameras} demo cameras of {args.size} at {args.fps:g} fps; {backends.describe()}")
        with a_town(Path(folder), args.cameras, int(width), int(height), args.fps) as town:
            recorder.write(
                "begin",
                time=datetime.now(UTC).isoformat(timespec="seconds"),
                cameras=args.cameras,
                size=args.size,
                fps=args.fps,
                planned_s=seconds,
                every_s=args.every,
                viewers=VIEWERS,
                seed=args.seed,
                servers=backends.describe(),
                cores=os.cpu_count(),
                niceness=os.nice(0),
            )
            whole = Run(town, recorder, stop)
            whole.go(plan(seconds, args.every), seconds, Random(args.seed))
            print("the account …", flush=True)
            account, shelf = whole.account()
            requests = Counter(_kind(*one) for one in list(town.proxy.requests))
            recorder.write("account", **asdict(account), requests=requests)
            report(load(args.out / "record.jsonl"), args.out)  # in case that verifying is cut short
            print("reading every object again …", flush=True)
            verification = Verification(shelf, datetime.now(UTC), threads=2)
            outcome = verification.run(shelf.events(), Progress(account.events, "events"))
            recorder.write("verified", **outcome.as_json())


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--hours", type=float, default=2.0, help="how long (default: 2)")
    parser.add_argument("--every", type=float, default=143.0, metavar="S", help="seconds between faults")
    parser.add_argument("--cameras", type=int, default=CAMERAS)
    parser.add_argument("--size", default="320x240", help="of each camera's pictures")
    parser.add_argument("--fps", type=float, default=2.0)
    parser.add_argument("--seed", type=int, default=1, help="of the faults' dice")
    parser.add_argument("--out", type=Path, default=Path("build/long-run"), help="where the results go")
    parser.add_argument("--report", action="store_true", help="only read the record there again")
    args = parser.parse_args()
    if not args.report:
        with contextlib.suppress(KeyboardInterrupt):
            run(args)
    result, flat = report(load(args.out / "record.jsonl"), args.out)
    print((args.out / "report.md").read_text())
    print(json.dumps(result))
    return 0 if flat else 1


if __name__ == "__main__":
    sys.exit(main())
