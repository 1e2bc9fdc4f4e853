"""What looking at a picture costs us, MOG2 and the Motion daemon: `make bench-motion-peers`.

MOG2 (OpenCV's) gets the very pictures that our detector gets, after the same scaled gray decode, and its
foreground is searched for contours. The Motion daemon (Debian's package `motion`, 4.5) reads the same Motion
JPEG as a network camera, writes nothing, and is measured as a process; beside it our whole motion service,
which receives the same pictures over MQTT and sends them on. Something moves in every picture.
"""

import argparse
import contextlib
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np

from benchmarks import broker
from benchmarks.feeding import Play, crossing, moving, playing
from benchmarks.stage import Stream, alternately, apart, cameras
from services.motion.decode import Gray, decode_gray
from services.motion.detector import Detector

FPS = 15
CONFIGURATION = """
daemon off
log_level 4
netcam_url http://127.0.0.1:{port}/street
width {width}
height {height}
framerate {fps}
webcontrol_port 0
stream_port 0
movie_output off
picture_output off
target_dir {folder}
"""


def looking(jpegs: list[bytes], kind: str, *, seconds: float) -> float:
    """Microseconds of processor time per picture, decode and all, as fast as it goes on one core."""
    cv2.setNumThreads(1)
    look = {"ours": _ours, "mog2": _mog2}[kind]()
    frames, began_s, cpu_s = 0, time.monotonic(), time.process_time()
    while time.monotonic() - began_s < seconds:
        look(decode_gray(jpegs[frames % len(jpegs)]), frames)
        frames += 1
    return (time.process_time() - cpu_s) / frames * 1e6


def _ours() -> Callable[[Gray, int], object]:
    detector = Detector()
    return lambda gray, n: detector.look(gray, n / FPS)


def _mog2() -> Callable[[Gray, int], object]:
    model = cv2.createBackgroundSubtractorMOG2(detectShadows=False)
    kernel = np.ones((3, 3), np.uint8)

    def look(gray: Gray, _n: int) -> object:
        foreground = cv2.morphologyEx(model.apply(gray), cv2.MORPH_OPEN, kernel)
        contours, _ = cv2.findContours(foreground, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
        return [contour for contour in contours if cv2.contourArea(contour) > 0.005 * gray.size]

    return look


@contextlib.contextmanager
def daemon(port: int, width: int, height: int) -> Iterator[int | None]:
    """The Motion daemon's process; None where it is not installed."""
    program = shutil.which("motion")
    if not program:
        yield None
        return
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder, "motion.conf")
        config.write_text(CONFIGURATION.format(port=port, width=width, height=height, fps=FPS, folder=folder))
        with subprocess.Popen(
            [program, "-n", "-c", str(config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as process:
            try:
                yield process.pid
            finally:
                process.terminate()


def cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def daemon_us(pid: int, seconds: float) -> float:
    """Microseconds per picture of the stream."""
    before_s = cpu_s(pid)
    time.sleep(seconds)
    return (cpu_s(pid) - before_s) / (seconds * FPS) * 1e6


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="alternating rounds; medians count")
    parser.add_argument("--seconds", type=float, default=5.0, help="measured per round and subject")
    args = parser.parse_args()
    width, height = 1280, 720
    jpegs = crossing(width, height, 4 * FPS)
    print(f"Processor time per picture of {width}x{height}, {len(jpegs[0]) / 1e3:.0f} KB")
    with apart() as ours, apart() as theirs:
        bare = alternately(
            args.rounds,
            ours=lambda: ours(looking, jpegs, "ours", seconds=args.seconds),
            mog2=lambda: theirs(looking, jpegs, "mog2", seconds=args.seconds),
        )
    mine, mog2 = statistics.median(bare["ours"]), statistics.median(bare["mog2"])
    for what, cost_us in (("detector", mine), ("MOG2", mog2)):
        print(f"  decode and {what}: {cost_us:.0f} µs, {1e6 / cost_us:.0f} per second and core")
    ratios = {"mog2": round(mine / mog2, 3)}
    streams = {"street": Stream(jpegs, FPS)}
    with (
        broker.embedded() as server,
        cameras(streams) as port,
        playing([Play("street", jpegs, FPS)], server.port),
        daemon(port, width, height) as pid,
        apart() as ours,
    ):
        if pid is None:
            print("  the Motion daemon is not installed here: apt-get install motion")
        else:
            time.sleep(5)  # it looks at the camera first
            span = {"warm_s": 2.0, "seconds": args.seconds}
            live = alternately(
                args.rounds,
                ours=lambda: ours(moving, "street", server.port, post_roll=120, **span).us_per_frame,
                daemon=lambda: daemon_us(pid, args.seconds),
            )
            service, peer = statistics.median(live["ours"]), statistics.median(live["daemon"])
            print(f"  our motion service {service:.0f} µs, the Motion daemon {peer:.0f} µs")
            ratios["daemon"] = round(service / peer, 3)
    result = {
        "name": "motion_peers",
        "measured": round(mine),
        "floor": round(mog2),
        "ratio": ratios,
        "goal": 1.0,
    }
    print(json.dumps(result))
    return 0 if all(ratio < 1 for ratio in ratios.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
