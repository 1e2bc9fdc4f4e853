"""A bucket's own life-cycle rules, as far as they delete."""

from collections.abc import Iterable
from dataclasses import dataclass

from minio.lifecycleconfig import Rule


@dataclass(frozen=True, slots=True)
class Expiry:
    """A rule in force that deletes what begins with `prefix`; `days` None: at a date."""

    name: str
    prefix: str
    days: int | None
    by_tag: bool = False


def expiries_of(rules: Iterable[Rule]) -> tuple[Expiry, ...]:
    """Those of the rules that are in force and delete."""
    return tuple(
        Expiry(rule.rule_id or "", _prefix(rule), rule.expiration.days, _has_tags(rule))
        for rule in rules
        if rule.status == "Enabled" and rule.expiration and (rule.expiration.days or rule.expiration.date)
    )


def _prefix(rule: Rule) -> str:
    found = rule.rule_filter
    both = found.and_operator if found else None
    return (both.prefix if both else found.prefix if found else "") or ""


def _has_tags(rule: Rule) -> bool:
    found = rule.rule_filter
    return bool(found and (found.tag or (found.and_operator and found.and_operator.tags)))
