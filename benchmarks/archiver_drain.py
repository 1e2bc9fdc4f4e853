"""A spool of 1 GB is brought to S3 that is back, beside minio's client putting objects with as many threads.

The spool is on this machine's disk, the server's data in memory where the system has a folder for that.
"""

import argparse
import json
import statistics
import sys
import tempfile
from functools import partial
from pathlib import Path

from benchmarks.archiving import (
    EVENT,
    Place,
    client_alone,
    frames,
    from_tenth_to_last,
    living,
    new_prefix,
    servers,
)
from benchmarks.stage import Usage, alternately, apart
from services.archiver.spool import Room, Spool
from services.contract.frame import identify

GOAL = 0.8
BATCH = 20  # as many as the broker lets us hold


def drain(place: Place, count: int, size: int, threads: int) -> Usage:
    """The archiver finds the spool at its start; the first tenth is not counted."""
    with tempfile.TemporaryDirectory() as folder:
        spool = Spool(Path(folder) / "spool", Room(1 << 40, 0))
        batch = []
        for jpeg in frames(count, size):
            frame = identify(jpeg)
            assert frame
            batch.append((("yard", EVENT), frame, jpeg))
            if len(batch) == BATCH:
                spool.add(batch)
                batch = []
        spool.add(batch)
        spool.close()
        service = place.archiver(place.settings(new_prefix(), Path(folder), threads=threads))
        with living(service):
            return from_tenth_to_last(count, lambda: service.account()["yard"].stored)  # type: ignore[attr-defined]  # the archiver's account


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--frames", type=int, default=10_000)
    parser.add_argument("--size", type=int, default=100_000, help="bytes of a frame")
    parser.add_argument("--threads", type=int, default=6)
    args = parser.parse_args()
    with servers() as place, apart() as first, apart() as second:
        found = alternately(
            args.rounds,
            client=partial(second, client_alone, place, args.frames // 4, args.size, args.threads),
            drain=partial(first, drain, place, args.frames, args.size, args.threads),
        )
    rates = {
        name: statistics.median(usage.frames / usage.seconds for usage in usages)
        for name, usages in found.items()
    }
    ratio = rates["drain"] / rates["client"]
    print(f"a spool of {args.frames} frames of {args.size / 1000:g} KB, {args.threads} threads")
    print(f"  drained at {rates['drain']:.0f} /s, {rates['drain'] * args.size / 1e6:.0f} MB/s")
    print(f"  minio's client alone {rates['client']:.0f} /s, {rates['client'] * args.size / 1e6:.0f} MB/s")
    result = {
        "name": "archiver-drain",
        "measured": round(rates["drain"], 1),
        "floor": round(rates["client"], 1),
        "ratio": round(ratio, 3),
        "goal": GOAL,
    }
    print(json.dumps(result))
    return 0 if ratio >= GOAL else 1


if __name__ == "__main__":
    sys.exit(main())
