"""How long after a frame was captured its `ON` is with a subscriber: `make bench-motion-latency`.

Four cameras of 720p at 15 pictures a second; on each something crosses every few seconds, each time another
thing on another way, so that none of it is learnt as noise. The floor is the way of one such frame through
the broker and one scaled gray decode, both measured while the cameras play.
"""

import argparse
import json
import statistics
import sys
import threading
import time
from datetime import UTC, datetime

from benchmarks import broker
from benchmarks.feeding import TOPICS, Play, address, decoding, motion, playing, quiet, ways
from benchmarks.stage import apart
from services.contract import topics as leaf
from services.contract.events import EventMessage, EventType
from services.contract.frame import identify
from services.contract.topics import ANY
from services.runtime.mqtt import Delivery, Link

CAMERAS, FPS = 4, 15
QUIET_S, MOVING_S, WAYS = 2, 1, 16
GOALS = {"p50_ratio": 2.0, "p99_ms": 25.0}


def serve_motion(cameras: list[str], port: int, seconds: float) -> int:
    """The service, for so long; answers how many frames it had no time for."""
    with motion(cameras, port, pre_roll=0.5, post_roll=0) as service:
        time.sleep(seconds)
        return sum(int(stats.model_dump()["unanalysed"]) for stats in service.account().values())


class Listener:
    """When `ON` came, when frames came, and when what began each event was captured."""

    def __init__(self, port: int) -> None:
        self.on: dict[str, list[datetime]] = {}
        self.began: dict[str, list[datetime]] = {}
        self.way_ms: list[float] = []
        self._link = Link(address(port), "bench-listener")
        self._link.subscribe(TOPICS.camera(ANY, leaf.MOTION), self._motion)
        self._link.subscribe(TOPICS.camera(ANY, leaf.EVENT), self._event)
        self._link.subscribe(TOPICS.frames("cam0", leaf.LIVE), self._frame, qos=0)
        threading.Thread(target=self._link.run, args=(threading.Event(),), daemon=True).start()

    def _motion(self, delivery: Delivery) -> None:
        if delivery.payload == b"ON" and not delivery.retain:
            self.on.setdefault(_camera(delivery), []).append(datetime.now(UTC))

    def _event(self, delivery: Delivery) -> None:
        message = EventMessage.model_validate_json(delivery.payload)
        if message.event_type == EventType.MOTION_START:
            self.began.setdefault(message.camera, []).append(message.time)

    def _frame(self, delivery: Delivery) -> None:
        if frame := identify(delivery.payload):
            self.way_ms.append((datetime.now(UTC) - frame.time).total_seconds() * 1e3)

    def latencies_ms(self) -> list[float]:
        """Of each ON the time since the newest capture before it that began an event."""
        return [
            min((arrived - captured).total_seconds() for captured in began if captured <= arrived) * 1e3
            for camera, began in self.began.items()
            for arrived in self.on.get(camera, [])
            if any(captured <= arrived for captured in began)
        ]


def _camera(delivery: Delivery) -> str:
    split = TOPICS.split(delivery.topic)
    assert split
    return split[0]


def _pictures() -> list[bytes]:
    still = quiet(1280, 720, QUIET_S * FPS)
    return [jpeg for seed in range(WAYS) for jpeg in still + ways(1280, 720, MOVING_S * FPS, seed)]


def percentile(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=150.0, help="how long the cameras play")
    args = parser.parse_args()
    pictures = _pictures()
    names = [f"cam{n}" for n in range(CAMERAS)]
    turns = [pictures[n * len(pictures) // CAMERAS :] + pictures[: n * len(pictures) // CAMERAS]
             for n in range(CAMERAS)]  # fmt: skip
    plays = [Play(name, turns[n], FPS, n / FPS / CAMERAS) for n, name in enumerate(names)]
    size = len(pictures[0]) / 1e3
    print(f"{CAMERAS} cameras of 720p at {FPS} fps for {args.seconds:g} s, {size:.0f} KB a frame")
    with broker.embedded() as server, apart() as ours, apart() as theirs:
        listener = Listener(server.port)
        with playing(plays, server.port):
            unanalysed = ours(serve_motion, names, server.port, args.seconds)
            decode_ms = theirs(decoding, pictures, FPS, seconds=3).us_per_frame / 1e3
    found = listener.latencies_ms()
    floor_ms = statistics.median(listener.way_ms) + decode_ms
    p50, p99 = percentile(found, 0.5), percentile(found, 0.99)
    print(f"  {len(found)} times ON: p50 {p50:.1f} ms, p99 {p99:.1f} ms, worst {max(found):.1f} ms")
    print(
        f"  floor: a frame's way {statistics.median(listener.way_ms):.1f} ms + decode {decode_ms:.1f} ms; "
        f"{unanalysed} frames not analysed"
    )
    result = {
        "name": "motion_latency",
        "measured": {"p50_ms": round(p50, 2), "p99_ms": round(p99, 2)},
        "floor": round(floor_ms, 3),
        "ratio": round(p50 / floor_ms, 3),
        "goal": GOALS,
    }
    print(json.dumps(result))
    return 0 if p50 / floor_ms <= GOALS["p50_ratio"] and p99 <= GOALS["p99_ms"] else 1


if __name__ == "__main__":
    sys.exit(main())
