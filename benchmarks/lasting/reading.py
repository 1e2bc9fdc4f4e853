"""What a process holds at a moment, as Linux tells it."""

import os
from dataclasses import dataclass
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_MB = 1e6


@dataclass(frozen=True, slots=True)
class Reading:
    """One look at one process; `private_mb` is what no file on disk stands behind: heap and stacks."""

    pid: int
    rss_mb: float
    private_mb: float
    fds: int
    threads: int
    cpu_s: float  # since it began, of all its threads


def read(pid: int, proc: Path = Path("/proc")) -> Reading | None:
    """None where there is no such process (any more)."""
    folder = proc / str(pid)
    try:
        fields = dict(
            line.split(":", 1) for line in (folder / "status").read_text().splitlines() if ":" in line
        )
        stat = (folder / "stat").read_text().rpartition(")")[2].split()
        fds = sum(1 for _ in (folder / "fd").iterdir())
        resident, private = (int(fields[name].split()[0]) * 1024 / _MB for name in ("VmRSS", "RssAnon"))
    except (OSError, KeyError):
        return None
    cpu_s = (int(stat[11]) + int(stat[12])) / _TICKS
    return Reading(pid, round(resident, 3), round(private, 3), fds, int(fields["Threads"]), round(cpu_s, 2))
