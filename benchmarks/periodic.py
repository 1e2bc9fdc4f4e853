"""How punctual a picture per second is while the other core is busy: `python -m benchmarks.periodic`.

A demo camera draws 15 pictures of 720p a second, and is asked for one more at each deadline. Beside it, each
in a process of its own: a loop that sleeps for an interval after each picture, as many loggers do, and one
that only sleeps until each deadline and does nothing, which is the floor.
"""

import argparse
import contextlib
import json
import multiprocessing
import os
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from services.capture.cameras.encode import encode
from services.capture.cameras.street import Street
from services.capture.experiments import Memory, Runner
from services.contract.frame import Frame, FrameId, stamp
from services.contract.topics import Topics
from services.contract.urls import DemoUrl
from services.runtime.mqtt import BrokerAddress, Link

INTERVAL_S = 1.0
FPS = 15.0
OUTBOX_BYTES = 1_000_000
GOAL = {"mean_ms": 1.0, "sd_ms": 5.0}
#: A sleep-based logger at a nominal 10 s, over 12 intervals.
REFERENCE = "  the reference      intervals of nominally 10 s: mean 14.558 s, standard deviation 1.456 s"


@dataclass(slots=True)
class Moments:
    """When pictures were asked for, and when they should have been; monotonic seconds."""

    asked_s: list[float]
    due_s: list[float]

    @property
    def errors_ms(self) -> list[float]:
        return [(asked - due) * 1000 for asked, due in zip(self.asked_s, self.due_s, strict=True)]

    def line(self) -> str:
        intervals = [after - before for before, after in zip(self.asked_s, self.asked_s[1:], strict=False)]
        errors = self.errors_ms
        return (
            f"{len(errors)} pictures, error mean {statistics.mean(errors):.3f} ms, standard deviation "
            f"{statistics.stdev(errors):.3f} ms, worst {_worst(errors):.3f} ms; intervals: mean "
            f"{statistics.mean(intervals):.6f} s, standard deviation {statistics.stdev(intervals):.6f} s"
        )


def _worst(errors: list[float]) -> float:
    return max(errors, key=abs)


def ours(seconds: float) -> Moments:
    """What capture does for a demo camera: asked, drawn, encoded, stamped, and given to the schedule."""
    street, drawn = Street(DemoUrl()), 0
    asked: list[float] = []
    due: list[float] = []
    with tempfile.TemporaryDirectory() as folder, ticking(folder) as runner:
        start_s = time.monotonic()
        runner.set_interval(INTERVAL_S)
        steps, stop = runner.steps(1 / FPS), threading.Event()
        while True:
            next_s = runner.next_due_s(due[-1] if due else start_s, time.monotonic())
            if next_s > start_s + seconds:
                return Moments(asked, due)
            steps.wait(stop)
            now_s, now = time.monotonic(), datetime.now(UTC)
            if now_s >= next_s:
                asked.append(now_s)
                due.append(next_s)
            drawn += 1
            frame = FrameId("street", 1, drawn, now)
            runner.take(Frame(frame, stamp(encode(street.render(drawn, drawn, now), 85), frame)))


@contextlib.contextmanager
def ticking(folder: str) -> Iterator[Runner]:
    """A runner with the thread that ticks it, on a link that never finds its broker."""
    link = Link(BrokerAddress("nowhere.invalid", 1), "benchmark", max_outbox_bytes=OUTBOX_BYTES)
    runner = Runner("street", Topics(), link=link, memory=Memory(Path(folder)), max_bytes=OUTBOX_BYTES)
    ended = threading.Event()

    def tick() -> None:
        while not ended.wait(0.1):
            runner.tick()

    thread = threading.Thread(target=tick, name="ticks")
    thread.start()
    try:
        yield runner
    finally:
        ended.set()
        thread.join()


def naive(seconds: float) -> Moments:
    """A picture, a sleep, a picture, a sleep."""
    street, began_s = Street(DemoUrl()), time.monotonic()
    asked: list[float] = []
    while (now_s := time.monotonic()) < began_s + seconds:
        asked.append(now_s)
        encode(street.render(len(asked), len(asked)), 85)
        time.sleep(INTERVAL_S)
    return Moments(asked, [asked[0] + n * INTERVAL_S for n in range(len(asked))])


def bare(seconds: float) -> Moments:
    """Sleeps until each deadline, and does nothing then."""
    began_s = time.monotonic()
    due = [began_s + n * INTERVAL_S for n in range(1, int(seconds / INTERVAL_S) + 1)]
    asked = []
    for due_s in due:
        time.sleep(max(0.0, due_s - time.monotonic()))
        asked.append(time.monotonic())
    return Moments(asked, due)


def busy(seconds: float, core: int) -> None:
    """Keeps one core busy, and no longer than so many seconds."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {core})
    until_s = time.monotonic() + seconds
    while time.monotonic() < until_s:
        sum(range(10_000))


def beside(
    measure: Callable[[float], Moments], seconds: float, answer: "multiprocessing.Queue[Moments]"
) -> None:
    answer.put(measure(seconds))


def measure_all(seconds: float) -> dict[str, Moments]:
    """Ours here, the others each in a process, all at the same time."""
    context = multiprocessing.get_context("spawn")
    load = context.Process(target=busy, args=(seconds + 10, (os.cpu_count() or 1) - 1), daemon=True)
    answers = {name: context.Queue() for name in ("naive", "bare")}
    others = [
        context.Process(target=beside, args=(measure, seconds, answers[measure.__name__]), daemon=True)
        for measure in (naive, bare)
    ]
    for process in (load, *others):
        process.start()
    try:
        found = {"ours": ours(seconds)}
        found |= {name: answer.get(timeout=60) for name, answer in answers.items()}
    finally:
        for process in (load, *others):
            process.terminate()
            process.join()
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=300.0, help="how long to measure")
    seconds = parser.parse_args().seconds
    print(
        f"A picture every {INTERVAL_S:g} s for {seconds:g} s; the other core is busy. When is it asked for?"
    )
    found = measure_all(seconds)
    print(f"  scheduled          {found['ours'].line()}")
    print(f"  sleep after each   {found['naive'].line()}")
    print(f"  sleep until, only  {found['bare'].line()}")
    print(REFERENCE)
    errors, floor = found["ours"].errors_ms, statistics.mean(found["bare"].errors_ms)
    mean_ms, sd_ms = statistics.mean(errors), statistics.stdev(errors)
    result = {
        "name": "periodic",
        "measured": {
            "mean_ms": round(mean_ms, 4),
            "sd_ms": round(sd_ms, 4),
            "worst_ms": round(_worst(errors), 4),
        },
        "floor": round(floor, 4),
        "ratio": round(mean_ms / floor, 3),
        "goal": GOAL,
    }
    print(json.dumps(result))
    return 0 if abs(mean_ms) < GOAL["mean_ms"] and sd_ms <= GOAL["sd_ms"] else 1


if __name__ == "__main__":
    sys.exit(main())
