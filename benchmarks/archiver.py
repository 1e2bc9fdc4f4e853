"""Frames of 100 KB from MQTT to S3, beside minio's client alone and paho alone, in one run.

Each round measures, one after the other and each in a process of its own: the archiver storing what waits in
its session; minio's client putting as many objects with as many threads; paho receiving as many frames. The
rate is compared with the client's, the processor time per frame with the sum of the client's and paho's.
"""

import argparse
import json
import statistics
import sys
from functools import partial

from benchmarks.archiving import archiver, client_alone, receiving, servers
from benchmarks.stage import Usage, alternately, apart

GOAL_RATE, GOAL_CPU = 0.9, 1.3


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5, help="their medians count")
    parser.add_argument("--frames", type=int, default=1500)
    parser.add_argument("--size", type=int, default=100_000, help="bytes of a frame")
    parser.add_argument("--threads", type=int, default=6)
    parser.add_argument("--disk", action="store_true", help="the S3 server's data is on the disk")
    args = parser.parse_args()
    with servers(on_disk=args.disk) as place, apart() as first, apart() as second, apart() as third:
        found = alternately(
            args.rounds,
            archiver=partial(first, archiver, place, args.frames, args.size, args.threads),
            client=partial(second, client_alone, place, args.frames, args.size, args.threads),
            paho=partial(third, receiving, place, args.frames, args.size),
        )
    rates = {name: statistics.median(map(_rate, usages)) for name, usages in found.items()}
    cpu_us = {name: statistics.median(each.us_per_frame for each in usages) for name, usages in found.items()}
    rounds = list(zip(found["archiver"], found["client"], found["paho"], strict=True))
    rate_ratio = statistics.median(_rate(ours) / _rate(client) for ours, client, _ in rounds)
    cpu_ratio = statistics.median(
        ours.us_per_frame / (client.us_per_frame + paho.us_per_frame) for ours, client, paho in rounds
    )
    print(f"{args.frames} frames of {args.size / 1000:g} KB, {args.threads} threads, {args.rounds} rounds")
    for name, words in (
        ("archiver", "archiver, from MQTT to S3"),
        ("client", "minio's client alone"),
        ("paho", "paho alone, to nowhere"),
    ):
        print(f"  {words:<28}{rates[name]:8.0f} /s{cpu_us[name]:8.0f} µs of processor time each")
    print(f"  rate: {rate_ratio:.2f} of the client's (goal: {GOAL_RATE} or more)")
    print(f"  processor time: {cpu_ratio:.2f} of client and paho (goal: {GOAL_CPU} or less)")
    result = {
        "name": "archiver",
        "measured": round(rates["archiver"], 1),
        "floor": round(rates["client"], 1),
        "ratio": round(rate_ratio, 3),
        "goal": GOAL_RATE,
        "cpu_us": round(cpu_us["archiver"]),
        "cpu_floor_us": round(cpu_us["client"] + cpu_us["paho"]),
        "cpu_ratio": round(cpu_ratio, 3),
        "cpu_goal": GOAL_CPU,
    }
    print(json.dumps(result))
    return 0 if rate_ratio >= GOAL_RATE and cpu_ratio <= GOAL_CPU else 1


def _rate(usage: Usage) -> float:
    return usage.frames / usage.seconds


if __name__ == "__main__":
    sys.exit(main())
