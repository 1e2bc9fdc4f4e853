"""Who may read and write which topics, with the rules of mosquitto's ACL file."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, get_args

from services.runtime.broker import filters

Kind = Literal["read", "write", "readwrite", "deny"]
EVERYONE = ""  # the key of `parse_acl` for users without a section of their own

_REMEMBERED = 4096  # decisions kept per client; topics may be made up without end


@dataclass(frozen=True, slots=True)
class Rule:
    """One line of an ACL; in a `pattern`, `%u` and `%c` stand for the user's name and the client id."""

    access: Kind
    filter: str
    pattern: bool = False


def parse_acl(text: str) -> dict[str, tuple[Rule, ...]]:
    """The rules of a mosquitto ACL file by user; a `pattern` counts for everyone: it is among each user's.

    What stands before the first `user` is for anonymous clients in mosquitto and for nobody here. The key
    `EVERYONE` holds the patterns alone. Raises `ValueError` naming the line that cannot be understood.
    """
    own: dict[str, list[Rule]] = {}
    patterns: list[Rule] = []
    rules: list[Rule] = []
    for number, line in enumerate(text.splitlines(), 1):
        word, _, rest = line.strip().partition(" ")
        rest = rest.strip()
        if not word or word.startswith("#"):
            continue
        if word not in ("user", "topic", "pattern") or not rest:
            raise ValueError(
                f"line {number} of the ACL is none of: user NAME, topic [ACCESS] FILTER, pattern …"
            )
        if word == "user":
            rules = own.setdefault(rest, [])
        else:
            rule = _rule(rest, number, pattern=word == "pattern")
            (patterns if rule.pattern else rules).append(rule)
    return {EVERYONE: tuple(patterns)} | {user: (*own[user], *patterns) for user in own}


def _rule(rest: str, number: int, *, pattern: bool) -> Rule:
    access: Kind = "readwrite"
    word, _, topic = rest.partition(" ")
    for kind in get_args(Kind):
        if word == kind and topic:
            access, rest = kind, topic.strip()
    if not filters.is_filter(rest):
        raise ValueError(f"line {number} of the ACL: {rest!r} is no topic filter")
    return Rule(access, rest, pattern)


class Rights:
    """What one client of one user may do; a `deny` wins over everything, whatever its place."""

    def __init__(self, rules: Iterable[Rule], user: str, client_id: str) -> None:
        concrete = list(_concrete(rules, user, client_id))
        self._deny = [f for access, f in concrete if access == "deny"]
        self._read = [f for access, f in concrete if access in ("read", "readwrite")]
        self._write = [f for access, f in concrete if access in ("write", "readwrite")]
        self._remembered: dict[tuple[bool, str], bool] = {}

    def may_read(self, topic: str) -> bool:
        return self._may(False, topic)

    def may_write(self, topic: str) -> bool:
        return self._may(True, topic)

    def may_subscribe(self, pattern: str) -> bool:
        """Whether anything that the filter matches could be read; each message is checked again."""
        return any(filters.overlap(pattern, f) for f in self._read) and pattern not in self._deny

    def _may(self, write: bool, topic: str) -> bool:
        known = self._remembered.get((write, topic))
        if known is None:
            if len(self._remembered) >= _REMEMBERED:
                self._remembered.clear()
            known = not _any(self._deny, topic) and _any(self._write if write else self._read, topic)
            self._remembered[write, topic] = known
        return known


def _any(patterns: list[str], topic: str) -> bool:
    return any(filters.matches(pattern, topic) for pattern in patterns)


def _concrete(rules: Iterable[Rule], user: str, client_id: str) -> Iterator[tuple[Kind, str]]:
    """Rules with the names filled in; left out where a name is not one plain level, and so would widen it."""
    for rule in rules:
        topic = rule.filter
        if rule.pattern:
            used = [name for mark, name in (("%u", user), ("%c", client_id)) if mark in topic]
            if any(not name or set(name) & set("+#/") for name in used):
                continue
            topic = topic.replace("%u", user).replace("%c", client_id)
        yield rule.access, topic
