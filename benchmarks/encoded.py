"""What a frame costs that capture encodes, beside decoding and encoding alone: `make bench-encoded`.

The floor is a bare loop in the same rhythm: OpenCV's `VideoCapture`, or the demo's drawing, and `imencode`.
Both at the same time, each in a process of its own, with the same number of threads for FFmpeg.
"""

import argparse
import contextlib
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from itertools import count
from pathlib import Path

import cv2

from benchmarks import broker
from benchmarks.stage import Usage, apart, capture, median_ratio, median_us, side_by_side
from services.capture.cameras.encode import Image
from services.capture.cameras.street import Street
from services.contract.urls import DemoUrl

GOAL = 1.15
FPS = 15.0
QUALITY = 85
#: By then the street is painted, and what FFmpeg has collected while it opened a stream is over.
WARM_S = {"file": 1.5, "demo": 3.0, "rtsp": 4.0}
CLIP_S = 12  # a round's length at least: the RTSP server plays it once
#: The system's Python has GStreamer's bindings, where there are any.
RTSP_SERVER = ["/usr/bin/python3", str(Path(__file__).parents[1] / "tests" / "servers" / "rtsp.py")]


def write_clip(path: Path, codec: str) -> None:
    """Some seconds of the street, with somebody in it; `codec` is one that OpenCV writes everywhere."""
    street = Street(DemoUrl())
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*codec), FPS, (1280, 720))
    for n in range(CLIP_S * int(FPS)):
        writer.write(street.render(n, n))
    writer.release()


def floor_of_video(url: str, seconds: float, *, live: bool) -> Usage:
    """`live` video comes at its own rate, and is decoded by one thread: each further one delays a picture."""
    threads = [cv2.CAP_PROP_N_THREADS, 1] if live else []

    def pictures() -> Iterator[Image]:
        while True:
            video = cv2.VideoCapture(url, cv2.CAP_FFMPEG, threads)
            if not video.isOpened():
                raise RuntimeError("the video is not there any more")
            while video.grab():
                yield video.retrieve()[1]  # type: ignore[misc]  # uint8, as everywhere
            video.release()

    return _encoding(pictures(), WARM_S["rtsp" if live else "file"], seconds, paced=not live)


def floor_of_demo(seconds: float) -> Usage:
    street = Street(DemoUrl())
    return _encoding(
        (street.render(n, n, datetime.now(UTC)) for n in count()), WARM_S["demo"], seconds, paced=True
    )


def _encoding(pictures: Iterator[Image], warm_s: float, seconds: float, *, paced: bool) -> Usage:
    """Encodes each; counts those of so many seconds, after others in which it finds its pace."""
    began_s, n, first, cpu_s = time.monotonic(), 0, 0, 0.0
    for n, picture in enumerate(pictures):
        cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
        now_s = time.monotonic()
        if not first and now_s - began_s >= warm_s:
            first, cpu_s = n, time.process_time()
        if now_s - began_s >= warm_s + seconds:
            break
        if paced:
            time.sleep(max(0.0, began_s + (n + 1) / FPS - now_s))
    return Usage(n - first, time.process_time() - cpu_s, seconds)


@contextlib.contextmanager
def rtsp(clip: Path) -> Iterator[str]:
    """The address of the clip in H.264 from a server of GStreamer's; empty where it is not installed."""
    command = [*RTSP_SERVER, f"--file={clip}", "--width=1280", "--height=720", f"--fps={FPS:g}"]
    try:
        server = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
    except OSError:
        yield ""
        return
    with server:
        assert server.stdout
        assert server.stdin
        try:
            yield server.stdout.readline().strip()
        finally:
            server.stdin.close()  # it ends then


def compare(rounds: int, seconds: float, folder: Path, port: int) -> dict[str, float]:
    """Each source's ratio; a table on the way."""
    clip, jpegs, ratios = folder / "street.mp4", folder / "street.avi", dict[str, float]()
    write_clip(clip, "mp4v")
    write_clip(jpegs, "MJPG")
    for name in ("file", "demo", "rtsp"):
        found: dict[str, list[Usage]] = {"measured": [], "floor": []}
        with apart() as ours, apart() as theirs:
            for _ in range(rounds):
                with contextlib.ExitStack() as stack:
                    # A server each: GStreamer's does not always survive two clients of one encoder.
                    streams = (
                        [stack.enter_context(rtsp(jpegs)) for _ in range(2)] if name == "rtsp" else ["", ""]
                    )
                    if name == "rtsp" and not all(streams):
                        print("  there is no RTSP server of GStreamer's here: without rtsp")
                        return ratios
                    url, bare = _source(name, clip, streams)
                    span = {"warm_s": WARM_S[name], "seconds": seconds, "ring_seconds": 1, "quality": QUALITY}
                    usages = side_by_side(
                        1,
                        {
                            "measured": partial(ours, capture, [url], port, **span),
                            "floor": partial(theirs, bare, seconds),
                        },
                    )
                for who, one in usages.items():
                    found[who] += one
        ratios[name] = median_ratio(found)
        print(
            f"  {name:5} capture {median_us(found['measured']) / 1000:6.2f} ms,"
            f" floor {median_us(found['floor']) / 1000:6.2f} ms, ratio {ratios[name]:.3f}"
        )
    return ratios


def _source(name: str, clip: Path, streams: list[str]) -> tuple[str, Callable[[float], Usage]]:
    """Capture's URL, and the bare loop."""
    if name == "file":
        return f"file:{clip}", partial(floor_of_video, str(clip), live=False)
    if name == "demo":
        return "demo:", floor_of_demo
    return streams[0], partial(floor_of_video, streams[1], live=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3, help="medians count")
    parser.add_argument("--seconds", type=float, default=3.0, help="measured per round")
    args = parser.parse_args()
    print(f"720p at {FPS:g} fps, preview off; processor time per frame:")
    with tempfile.TemporaryDirectory() as folder, broker.embedded() as server:
        ratios = compare(args.rounds, args.seconds, Path(folder), server.port)
    worst = max(ratios.values())
    result = {
        "name": "encoded",
        "measured": {name: round(ratio, 3) for name, ratio in ratios.items()},
        "floor": "decode and encode",
        "ratio": round(worst, 3),
        "goal": GOAL,
    }
    print(json.dumps(result))
    return 0 if worst <= GOAL else 1


if __name__ == "__main__":
    sys.exit(main())
