"""Whether a user of the broker may do what it must, and no more.

An empty message is published for a camera that nobody has, on every topic that some user may write: services
ignore it. MQTT 5 says what is denied; 3.1.1 does not.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from services.contract.topics import KEEP
from services.doctor.finding import Finding, note, well, wrong
from services.doctor.finding import warning as warned
from services.runtime.access import Access, access_table

PART = "rights"
#: A camera's name that nobody has.
NOBODYS = "nightjar-doctor"
SHOWN = 4


@dataclass(frozen=True, slots=True)
class Trial:
    """What one user could write, of what it must and of what only others may; topics as filters."""

    user: str
    refused: tuple[str, ...]
    taken: tuple[str, ...]
    is_ours: bool  # one of those whose rights we hand out
    tells: bool  # the broker says what it denies


def try_rights(user: str, prefix: str, publish: Callable[[str], bool], *, tells: bool) -> Trial:
    """`publish` says whether the broker took an empty message on a topic."""
    table = {access.user: access for access in access_table(prefix)}
    everything = frozenset(each for access in table.values() for each in _tried(access))
    must = _tried(table[user]) if user in table else everything
    refused = sorted(each for each in must if not publish(_topic(each)))
    taken = sorted(each for each in everything - must if publish(_topic(each))) if tells else []
    return Trial(user, tuple(refused), tuple(taken), user in table, tells)


def judge_rights(trial: Trial) -> Iterator[Finding]:
    if trial.refused:
        yield wrong(
            PART,
            f"the broker does not let the user {trial.user} write {_shown(trial.refused)}",
            "give it the rights in docs/design/security.md; our own mosquitto takes them up when it is "
            "restarted (docker compose up -d --force-recreate secrets mqtt)",
        )
    if trial.taken:
        yield warned(
            PART,
            f"the user {trial.user} may write {_shown(trial.taken)}, which is others' to say",
            "load the ACL that Nightjar generates: whoever has this password can forge events or frames",
        )
    if not trial.tells:
        yield note(
            PART, "the broker speaks MQTT 3.1.1, which does not say what it denies: rights are not known"
        )
    elif not trial.refused and not trial.taken:
        more = "and nothing else" if trial.is_ours else "as the one user of all services"
        yield well(PART, f"the user {trial.user} may write what it must, {more}")


def _tried(access: Access) -> set[str]:
    """What can be tried without anybody noticing: of a camera; not what services are, nor an empty `keep`."""
    return {
        each
        for each in access.writes
        if "/+" in each and "/service/" not in each and not each.endswith(f"/{KEEP}")
    }


def _topic(topic_filter: str) -> str:
    return topic_filter.replace("+", NOBODYS)


def _shown(filters: tuple[str, ...]) -> str:
    more = len(filters) - SHOWN
    return ", ".join(filters[:SHOWN]) + (f" and {more} more" if more > 0 else "")
