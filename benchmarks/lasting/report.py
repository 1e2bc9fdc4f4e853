"""The report of a long run, its plot, and the one line of JSON that a benchmark ends with."""

from dataclasses import replace
from itertools import pairwise
from math import nan
from pathlib import Path
from typing import Any

from benchmarks.chart import Curve, Panel, chart
from benchmarks.lasting.reading import Reading
from benchmarks.lasting.record import Record
from benchmarks.lasting.verdict import (
    COUNT_PER_HOUR,
    LEAST_S,
    MEMORY_MB_PER_HOUR,
    MEMORY_PER_HOUR,
    SERVICES,
    WARM_UP_S,
    Finding,
    all_flat,
    by_window,
    findings,
    lives,
    longest,
    nothing_lost,
)

WINDOW_S = 600.0
_WORDS = {"private_mb": "heap, MB", "rss_mb": "resident, MB", "fds": "open files", "threads": "threads"}


def report(record: Record, folder: Path) -> tuple[dict[str, Any], bool]:
    """Writes `report.md` and `plot.svg`; answers the result, and whether all is well."""
    found = findings(record)
    well = all_flat(found) and nothing_lost(record)
    (folder / "report.md").write_text("\n".join(_lines(record, found)) + "\n")
    (folder / "plot.svg").write_text(_plot(record))
    worst = max(
        (f.trend.slope / f.trend.level for f in found if f.judged and f.trend and f.measure == "private_mb"),
        default=None,
    )
    result = {
        "name": "long_run",
        "measured": {
            "hours": round(record.lasted_s / 3600, 2),
            "faults": len(record.faults),
            "worst_growth_per_hour": None if worst is None else round(worst, 4),
            "lost": len(record.account.get("lost", [])),
            "verified": bool(record.verified) and not record.verified.get("problems"),
        },
        "floor": 0,
        "ratio": None if worst is None else round(worst, 4),
        "goal": MEMORY_PER_HOUR,
    }
    return result, well


def _lines(record: Record, found: list[Finding]) -> list[str]:
    return [
        *_head(record),
        "",
        *_account(record),
        "",
        *_trends(found),
        "",
        *_windows(record),
        "",
        *_costs(record),
        "",
        *_faults(record),
    ]


def _head(record: Record) -> list[str]:
    begun, hours = record.begun, record.lasted_s / 3600
    planned = begun["planned_s"] / 3600
    short = f" of the {planned:.2f} h that were planned" if hours < planned - 0.02 else ""
    loads = sorted(each for _, each in record.load) or [0.0]
    return [
        f"# {hours:.2f} hours of {begun['cameras']} cameras{short}",
        "",
        f"Begun {begun['time']}: demo cameras of {begun['size']} at {begun['fps']:g} fps, {begun['viewers']} "
        f"viewers, a fault every {begun['every_s']:g} s (seed {begun['seed']}); {begun['servers']}.",
        f"{begun['cores']} cores, niceness {begun['niceness']}; the machine's load was "
        f"{loads[len(loads) // 2]:.1f} (median), {loads[-1]:.1f} at most, with others at work on it.",
    ]


def _account(record: Record) -> list[str]:
    account, verified = record.account, record.verified
    if not account:
        return ["No account: the run did not come to its end."]
    lines = [
        "## Frames",
        "",
        "| numbered by capture | carried by the broker | in events | stored | lost | doubled | cut off "
        "| events |",
        "|---|---|---|---|---|---|---|---|",
        f"| {account['numbered']} | {account['published']} | {account['in_events']} "
        f"| {account['stored']} | {len(account['lost'])} | {len(account['doubled'])} "
        f"| {account['cut_off']} | {account['events']} |",
        "",
        *(f"* lost: {each}" for each in account["lost"][:20]),
        *(f"* doubled: {each}" for each in account["doubled"][:20]),
        *(f"* never answered: {each}" for each in account["unanswered"][:20]),
    ]
    if requests := account.get("requests"):
        words = ", ".join(f"{count} {kind}" for kind, count in sorted(requests.items()))
        lines.append(f"Requests to the store, faults and repetitions included: {words}.")
    if verified:
        lines.append(
            f"Read again and compared by SHA-256: {verified['events']} events, {verified['frames']} frames, "
            f"{verified['bytes'] / 1e6:.0f} MB, {len(verified['problems'])} problems."
        )
        lines += [f"* {each}" for each in verified["problems"][:20]]
    else:
        lines.append("The store has not been read again.")
    return lines


def _trends(found: list[Finding]) -> list[str]:
    lines = [
        "## Flat?",
        "",
        "The line (Theil and Sen) through the second half of the longest life of each process; the first "
        f"half is warming up. Flat is: memory grows by at most {MEMORY_PER_HOUR:.0%} or "
        f"{MEMORY_MB_PER_HOUR:g} MB an hour, whichever is more; open files and threads by at most "
        f"{COUNT_PER_HOUR:g} an hour. A line takes {LEAST_S / 60:.0f} min at least. Broker and store are "
        "shown and not judged. The last column is the line from "
        f"{WARM_UP_S / 60:.0f} min after the start of that life.",
        "",
        "| process | what | median | per hour | 95 % | line over | | per hour, from 10 min on |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for each in found:
        if each.trend is None or each.before is None:
            lines.append(f"| {each.process} | {_WORDS[each.measure]} | | | | no life was long enough | | |")
            continue
        line = each.trend
        verdict = ("flat" if each.flat else "**grows**") if each.judged else ""
        lines.append(
            f"| {each.process} | {_WORDS[each.measure]} | {line.level:.1f} | {line.slope:+.2f} "
            f"| {line.low:+.2f} to {line.high:+.2f} | {each.lasted_s / 60:.0f} min | {verdict} "
            f"| {each.before.slope:+.2f} |"
        )
    return lines


def _windows(record: Record) -> list[str]:
    """How the heap went on, ten minutes for ten minutes of the longest life."""
    rows = {
        name: by_window(longest(record.readings[name]), "private_mb", WINDOW_S)
        for name in SERVICES
        if name in record.readings
    }
    most = max(map(len, rows.values()), default=0)
    if most < 2:
        return []
    minutes = [f"{n * WINDOW_S / 60:.0f} to {(n + 1) * WINDOW_S / 60:.0f}" for n in range(most)]
    lines = [
        "Heap in MB in each ten minutes of that life, medians:",
        "",
        f"| min | {' | '.join(minutes)} |",
        f"|{'---|' * (most + 1)}",
    ]
    for name, heap in rows.items():
        cells = [f"{each:.1f}" for each in heap] + [""] * (most - len(heap))
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return lines


def _costs(record: Record) -> list[str]:
    lines = ["## Processor", "", "| process | lives | cores, on average |", "|---|---|---|"]
    for process, readings in record.readings.items():
        used_s = spent_s = 0.0
        for life in lives(readings):
            used_s += life[-1][1].cpu_s - life[0][1].cpu_s
            spent_s += life[-1][0] - life[0][0]
        lines.append(f"| {process} | {len(lives(readings))} | {used_s / max(1.0, spent_s):.3f} |")
    return lines


def _faults(record: Record) -> list[str]:
    lines = ["## Faults", "", "| fault | times | longest until all were ready again, s |", "|---|---|---|"]
    names = dict.fromkeys(fault.name for fault in record.faults)
    for name in names:
        struck = [fault for fault in record.faults if fault.name == name]
        lines.append(f"| {name} | {len(struck)} | {max(each.took_s for each in struck):.1f} |")
    lines += [
        f"* at {each.at_s:.0f} s, {each.name}: {each.error} {' '.join(each.started_again)}"
        for each in record.faults
        if each.error or each.started_again
    ]
    return lines


def _plot(record: Record) -> str:
    marks = [(each.at_s / 60, each.name) for each in record.faults]
    named = [*SERVICES, "broker", "store"]
    panels = [
        Panel("Heap, MB (dotted: faults)", _curves(record, SERVICES, "private_mb"), marks),
        Panel("Broker and store: heap, MB", _curves(record, ("broker", "store"), "private_mb"), marks),
        Panel("Open files", _curves(record, SERVICES, "fds"), marks),
        Panel("Threads", _curves(record, SERVICES, "threads"), marks),
        Panel(
            "Cores", [Curve(name, _cores(record.readings[name])) for name in named if name in record.readings]
        ),
        Panel(
            "Frames (thousands)",
            [
                Curve(words, [(at_s / 60, one[key] / 1000) for at_s, one in record.frames])
                for key, words in (("published", "published"), ("in_events", "in events"))
            ],
        ),
    ]
    return chart([replace(panel, x_words="{:g} min".format) for panel in panels])


def _curves(record: Record, names: tuple[str, ...], measure: str) -> list[Curve]:
    return [Curve(name, _broken(record.readings[name], measure)) for name in names if name in record.readings]


def _broken(readings: list[tuple[float, Reading]], measure: str) -> list[tuple[float, float]]:
    """Minutes and values, the pen lifted between two lives."""
    points: list[tuple[float, float]] = []
    for life in lives(readings):
        points += [(at_s / 60, float(getattr(reading, measure))) for at_s, reading in life]
        points.append((life[-1][0] / 60, nan))
    return points


def _cores(readings: list[tuple[float, Reading]]) -> list[tuple[float, float]]:
    return [
        (later_s / 60, (later.cpu_s - earlier.cpu_s) / (later_s - earlier_s))
        if later.pid == earlier.pid
        else (later_s / 60, nan)
        for (earlier_s, earlier), (later_s, later) in pairwise(readings)
    ]
