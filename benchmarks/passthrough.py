"""What a passed-through picture costs capture, beside reading it and publishing it: `make bench-passthrough`.

The floor is what anybody would write: `recv_into` on a plain socket in a loop, told how long each part is, so
that it parses nothing, and paho's own `publish` at QoS 1 with paho's own thread. Both look at the same camera
and publish to the same broker at the same time, each in a process of its own. Capture's ring is full, as it
is when it has run for two minutes: a second is as long as it keeps a frame here.
"""

import argparse
import json
import socket
import sys
import threading
from functools import partial
from itertools import cycle
from statistics import mean
from typing import Any

from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from benchmarks import broker
from benchmarks.stage import (
    HEAD,
    PASSWORD,
    USER,
    Stream,
    Usage,
    apart,
    cameras,
    capture,
    jpegs_of,
    measured,
    median_ratio,
    median_us,
    side_by_side,
    street,
)

GOAL = 1.3
KILOBYTES = (60, 180, 400)
FPS = 30.0
LIMIT_FPS = 5.0
WARM_S = 1.2


def floor(camera: int, name: str, lengths: list[int], port: int, *, seconds: float) -> Usage:
    """The bare loop; `lengths` are those of the parts of that camera's stream, one after the other."""
    client, taken = Client(CallbackAPIVersion.VERSION2, "bench-floor"), 0
    client.username_pw_set(USER, PASSWORD)

    def count(*_: Any) -> None:
        nonlocal taken
        taken += 1

    client.on_publish = count
    client.connect("127.0.0.1", port)
    client.loop_start()
    ended = threading.Event()
    reading = threading.Thread(target=_read_and_publish, args=(camera, name, lengths, client, ended))
    reading.start()
    try:
        return measured(lambda: taken, warm_s=WARM_S, seconds=seconds)
    finally:
        ended.set()
        reading.join()
        client.disconnect()
        client.loop_stop()


def _read_and_publish(
    camera: int, name: str, lengths: list[int], client: Client, ended: threading.Event
) -> None:
    with socket.create_connection(("127.0.0.1", camera)) as sock:
        sock.sendall(f"GET /{name} HTTP/1.1\r\nHost: camera\r\n\r\n".encode())
        buffer = memoryview(bytearray(max(lengths)))
        _fill(sock, buffer[: len(HEAD)])
        for length in cycle(lengths):
            _fill(sock, buffer[:length])
            client.publish("bench/floor", bytes(buffer[:length]), 1)
            if ended.is_set():
                return


def _fill(sock: socket.socket, buffer: memoryview) -> None:
    got = 0
    while got < len(buffer):
        got += sock.recv_into(buffer[got:])


def compare(streams: dict[str, Stream], rounds: int, seconds: float) -> dict[str, float]:
    """Each stream's ratio; a table on the way."""
    ratios = {}
    span = {"warm_s": WARM_S, "seconds": seconds, "ring_seconds": 1}
    with broker.embedded() as server, cameras(streams) as camera, apart() as ours, apart() as theirs:
        for name, stream in streams.items():
            url, lengths = f"http://127.0.0.1:{camera}/{name}", [len(part) for part in stream.parts()]
            found = side_by_side(
                rounds,
                {
                    "measured": partial(ours, capture, [url], server.port, **span),
                    "floor": partial(theirs, floor, camera, name, lengths, server.port, seconds=seconds),
                },
            )
            ratios[name] = median_ratio(found)
            print(
                f"  {name:16} {mean(lengths) / 1000:4.0f} KB: capture {median_us(found['measured']):4.0f} us,"
                f" floor {median_us(found['floor']):4.0f} us, ratio {ratios[name]:.3f}"
            )
        limited = ours(capture, [url], server.port, **span, fps=LIMIT_FPS)
        came = limited.seconds * stream.fps
        print(
            f"  {name}, limited to {LIMIT_FPS:g} of {stream.fps:g} frames a second:"
            f" {limited.cpu_s / came * 1e6:.0f} us per picture that came,"
            f" {limited.us_per_frame:.0f} us per frame that went"
        )
    return ratios


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=4, help="medians count")
    parser.add_argument("--seconds", type=float, default=2.0, help="measured per round")
    parser.add_argument("--fps", type=float, default=FPS, help="pictures a second")
    args = parser.parse_args()
    images = street(1280, 720, 30)
    jpegs = {size: jpegs_of(images, size) for size in KILOBYTES}
    streams = {f"{size}-kb": Stream(jpegs[size], args.fps) for size in KILOBYTES}
    streams["without-lengths"] = Stream(jpegs[180], args.fps, with_length=False)
    print(f"720p Motion JPEG over HTTP at {args.fps:g} fps, preview off; processor time per frame:")
    ratios = compare(streams, args.rounds, args.seconds)
    without = ratios.pop("without-lengths")
    worst = max(ratios.values())
    result = {
        "name": "passthrough",
        "measured": {name: round(ratio, 3) for name, ratio in ratios.items()},
        "floor": "recv_into and paho.publish",
        "without_lengths": round(without, 3),
        "ratio": round(worst, 3),
        "goal": GOAL,
    }
    print(json.dumps(result))
    return 0 if worst <= GOAL else 1


if __name__ == "__main__":
    sys.exit(main())
