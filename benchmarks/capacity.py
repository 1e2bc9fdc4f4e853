"""What so many cameras need, from what was measured: `python -m benchmarks.capacity`.

Each cost stands in `benchmarks/costs.json` with the command that measured it. All else is an assumption or a
price, given below with its reason, and can be another one: `--fps 15 --event-share 0.2`. `--write` puts the
tables into the design page, where a test compares them with what this says.
"""

import argparse
import json
import math
import sys
from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from benchmarks.needs import Assumptions, Costs, Needs, Prices, limits, needs

COSTS = Path(__file__).with_name("costs.json")
PAGE = Path(__file__).parents[1] / "docs/design/capacity.md"
SIZES = (10, 100, 1_000, 100_000)


def number(value: float) -> str:
    """Two digits that count, thousands apart: `0.43`, `12`, `1 500 000`. What is counted is told as it is."""
    if isinstance(value, int):
        return f"{value:,}".replace(",", "\u202f")
    if value == 0:
        return "0"
    digits = max(0, 1 - math.floor(math.log10(abs(value))))
    rounded = round(value, 1 - math.floor(math.log10(abs(value))))
    return f"{rounded:,.{digits}f}".replace(",", "\u202f")


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])


_ROWS: list[tuple[str, Callable[[Needs], float]]] = [
    ("frames a second", lambda n: n.frames_s),
    ("of them in events, each an object", lambda n: n.stored_s),
    ("from the cameras, MB/s", lambda n: n.cameras_mb_s),
    ("out of the broker, MB/s", lambda n: n.broker_out_mb_s),
    ("into the store, MB/s", lambda n: n.store_mb_s),
    ("to viewers, MB/s", lambda n: n.viewers_mb_s),
    *(
        (f"cores of {part}", lambda n, part=part: n.cores[part])
        for part in ("capture", "motion", "archiver", "gateway", "broker")
    ),
    ("memory of capture, GB", lambda n: n.gb["capture"]),
    ("memory of motion, GB", lambda n: n.gb["motion"]),
    ("memory of the archiver, GB", lambda n: n.gb["archiver"]),
    *(
        (f"replicas of {part}", lambda n, part=part: n.replicas[part])
        for part in ("capture", "motion", "archiver", "gateway")
    ),
    ("mosquittos, each with its own cameras", lambda n: n.replicas["broker"]),
    ("or cores of RabbitMQ (three copies)", lambda n: n.rabbitmq_cores),
    ("machines (for the store none)", lambda n: n.nodes),
    ("or cores of MinIO, in place of S3", lambda n: n.store_cores),
    ("PUTs and LISTs a month", lambda n: n.puts_month),
    ("kept, TB", lambda n: n.stored_tb),
    ("spool for an hour, GB", lambda n: n.spool_gb),
    ("machines, $ a month", lambda n: n.nodes_usd),
    ("PUTs and LISTs, $ a month", lambda n: n.puts_usd),
    ("kept, $ a month", lambda n: n.stored_usd),
    ("spool, $ a month", lambda n: n.disks_usd),
    ("together, $ a month", lambda n: n.usd),
    ("for each camera, $ a month", lambda n: n.usd / n.cameras),
]


def tables(costs: Costs, house: Assumptions, prices: Prices) -> dict[str, str]:
    """The page's tables, by the name of their place."""
    found = [needs(size, costs, house, prices) for size in SIZES]
    return {
        "assumptions": table(
            ("assumed", "", ""),
            [
                (each.name.replace("_", " "), f"{getattr(house, each.name):g}", each.metadata["why"])
                for each in fields(house)
            ],
        ),
        "costs": table(
            ("measured", "", "with"),
            [(one["what"], f"{one['value']:g} {one['unit']}".strip(), one["with"]) for one in read_costs()],
        ),
        "needs": table(
            ("", *(f"{size:,} cameras".replace(",", "\u202f") for size in SIZES)),
            [(words, *(number(value(each)) for each in found)) for words, value in _ROWS],
        ),
        "limits": table(
            ("full first", "at so many cameras", "because of its", "then"),
            [(each.part, number(each.cameras), each.because, each.then) for each in limits(costs, house)],
        ),
    }


def read_costs() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(COSTS.read_text())
    return found


def measured_costs() -> Costs:
    return Costs(**{one["name"]: float(one["value"]) for one in read_costs()})


def filled_in(page: str, found: dict[str, str]) -> str:
    """The page with each table between its marks."""
    for name, text in found.items():
        begin, end = f"<!-- {name} -->\n", f"<!-- /{name} -->"
        head, found_begin, rest = page.partition(begin)
        _, found_end, tail = rest.partition(end)
        if not found_begin or not found_end:
            raise ValueError(f"the page has no place for the table {name!r}")
        page = f"{head}{begin}{text}\n{end}{tail}"
    return page


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for each in fields(Assumptions):
        parser.add_argument(
            f"--{each.name.replace('_', '-')}", type=float, default=each.default, help=each.metadata["why"]
        )
    parser.add_argument("--write", action="store_true", help=f"into {PAGE.name}")
    args = parser.parse_args()
    house = replace(Assumptions(), **{each.name: getattr(args, each.name) for each in fields(Assumptions)})
    found = tables(measured_costs(), house, Prices())
    if args.write:
        PAGE.write_text(filled_in(PAGE.read_text(), found))
    else:
        print("\n\n".join(found.values()))
    whole = needs(1000, measured_costs(), house, Prices())
    print(
        json.dumps(
            {
                "name": "capacity",
                "measured": round(whole.usd / 1000, 3),
                "floor": None,
                "ratio": None,
                "goal": None,
            }
        )
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
