"""The table at the end: what was made, stored, lost and doubled, fault by fault."""

from dataclasses import dataclass, field

from tests.faults.audit import Account

_COLUMNS = ("injections", "made", "stored", "lost", "doubled", "cut off", "seconds")


@dataclass(slots=True)
class Played:
    """What came of one fault, in all its rounds; `story` is empty where all is well."""

    account: Account = field(default_factory=Account)
    seconds: float = 0.0
    story: str = ""


def table(report: dict[str, Played]) -> str:
    """Each fault's account and how many seconds it took, and their sum."""
    total, seconds = Account(), 0.0
    lines = [_line("fault", _COLUMNS)]
    for name, played in report.items():
        lines.append(_line(name, _cells(played.account, played.seconds)))
        total.add(played.account)
        seconds += played.seconds
    return "\n".join([*lines, _line("all", _cells(total, seconds))])


def _cells(one: Account, seconds: float) -> tuple[object, ...]:
    counts = (one.injections, one.made, one.stored, len(one.lost), len(one.doubled), one.cut_off)
    return (*counts, round(seconds))


def _line(name: str, cells: tuple[object, ...]) -> str:
    return f"{name:<44}" + "".join(f"{cell!s:>11}" for cell in cells)
