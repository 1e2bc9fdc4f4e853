"""What other settings would change: events that are gone, new, or there with both."""

from dataclasses import dataclass

from services.replay.run import Span


@dataclass(frozen=True, slots=True)
class Changes:
    """Events with the first settings alone, with the second alone, and the pairs that overlap."""

    gone: list[Span]
    new: list[Span]
    kept: list[tuple[Span, Span]]


def compare(before: list[Span], after: list[Span]) -> Changes:
    """Pairs each event with the first one of the other list that overlaps it; both lists are in order."""
    kept: list[tuple[Span, Span]] = []
    left = list(after)
    for one in before:
        if other := next((other for other in left if overlap(one, other)), None):
            left.remove(other)
            kept.append((one, other))
    return Changes(
        gone=[one for one in before if not any(overlap(one, other) for other in after)],
        new=[one for one in after if not any(overlap(one, other) for other in before)],
        kept=kept,
    )


def overlap(one: Span, other: Span) -> bool:
    """Whether both move at the same time somewhere."""
    return one.start_s < other.end_s and other.start_s < one.end_s
