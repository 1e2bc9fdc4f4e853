"""What the preview costs capture, beside one scaled decode and encode a second: `make bench-preview`.

Capture with the preview on minus capture with it off, at 15 fps. The floor does with one of the pictures,
once a second, the least that OpenCV can: a decode at half the size and an encode. All three at the same time;
the two captures change places with each round.
"""

import argparse
import json
import statistics
import sys
import time
from functools import partial

import cv2
import numpy as np

from benchmarks import broker
from benchmarks.stage import Stream, Usage, apart, cameras, capture, jpegs_of, side_by_side, street
from services.capture.preview import QUALITY

GOAL = 1.15
FPS = 15.0
WARM_S = 1.5


def floor(jpegs: list[bytes], seconds: float) -> Usage:
    """Once a second, as the preview: whoever sleeps in between finds the processor cold."""
    cv2.setNumThreads(1)
    time.sleep(WARM_S)
    cpu_s, began_s = time.process_time(), time.monotonic()
    for n in range(int(seconds)):
        picture = cv2.imdecode(np.frombuffer(jpegs[n % len(jpegs)], np.uint8), cv2.IMREAD_REDUCED_COLOR_2)
        assert picture is not None
        cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
        time.sleep(max(0.0, began_s + n + 1 - time.monotonic()))
    return Usage(int(seconds), time.process_time() - cpu_s, seconds)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=4, help="their mean counts")
    parser.add_argument("--seconds", type=int, default=10, help="measured per round, a preview each")
    args = parser.parse_args()
    stream = Stream(jpegs_of(street(1280, 720, 30), 180), FPS)
    span = {"warm_s": WARM_S, "seconds": args.seconds, "ring_seconds": 1}
    with (
        broker.embedded() as server,
        cameras({"street": stream}) as camera,
        apart() as first,
        apart() as second,
        apart() as third,
    ):
        urls, rounds = [f"http://127.0.0.1:{camera}/street"], []
        for n in range(args.rounds):
            on, off = (first, second) if n % 2 else (second, first)
            measures = {
                "on": partial(on, capture, urls, server.port, **span, preview=True),
                "off": partial(off, capture, urls, server.port, **span),
                "floor": partial(third, floor, stream.jpegs, args.seconds),
            }
            rounds.append(side_by_side(1, measures))
    print(f"720p Motion JPEG of 180 KB at {FPS:g} fps: milliseconds of processor time per second")
    ms = {name: statistics.mean(each[name][0].ms_per_second for each in rounds) for name in rounds[0]}
    measured_ms = ms["on"] - ms["off"]
    ratio = measured_ms / ms["floor"]
    print(f"  with preview {ms['on']:.2f}, without {ms['off']:.2f}: the preview {measured_ms:.2f}")
    print(f"  one scaled decode and encode {ms['floor']:.2f}")
    result = {
        "name": "preview",
        "measured": round(measured_ms, 3),
        "floor": round(ms["floor"], 3),
        "ratio": round(ratio, 3),
        "goal": GOAL,
    }
    print(json.dumps(result))
    return 0 if ratio <= GOAL else 1


if __name__ == "__main__":
    sys.exit(main())
