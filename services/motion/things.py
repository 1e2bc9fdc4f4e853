"""Follows what moves over several pictures: a thing comes again where it was, noise does not."""

from dataclasses import dataclass, replace
from typing import Protocol

from services.motion.blobs import Blob
from services.motion.chance import Chance

# A thing may be out of sight for so long, behind a post say, and still be the same.
OUT_OF_SIGHT_S = 0.5
MOST_EVIDENCE = 4.0
# Enough to believe in, if only it moved.
ALL_BUT_BELIEVED = 0.99
# Sightings that are remembered of what is not believed yet.
MOST_SIGHTINGS = 20


@dataclass(frozen=True, slots=True)
class Thing:
    """A blob that was seen, perhaps several times; evidence 1 is enough to believe in it for good."""

    blob: Blob
    seen_s: float
    evidence: float = 0.0
    believed: bool = False
    # When the picture was taken that showed it first, as far as that is known.
    since_s: float = 0.0
    # Where it was, picture by picture, before it was believed.
    sightings: tuple[Blob, ...] = ()


class Rest(Protocol):
    """What the last pictures tell of a blob; times in seconds."""

    def came_s(self, blob: Blob) -> float:
        """When the picture was taken in which it came."""

    def stays(self, blob: Blob, since_s: float) -> bool:
        """Whether it has shown the same since then."""


class Things:
    """What moved lately in pictures of `shape` (height, width) in points."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self._known: list[Thing] = []
        self._chance = Chance(shape)
        self._time_s = 0.0

    def forget(self) -> None:
        self._known = []

    def believes(self, blob: Blob) -> bool:
        """Whether the blob is near a thing that was believed in a moment ago."""
        return any(thing.believed and blob.near(thing.blob) for thing in self._known)

    def see(
        self,
        found: list[tuple[Blob, float]],
        time_s: float,
        fading: float,
        rest: "Rest | None" = None,
    ) -> list[Thing]:
        """The things to believe in among a new picture's blobs, each given with the evidence that it adds.

        What is not seen any more loses `fading` of its evidence; a sighting adds less where blobs come often
        and to nothing. What is at rest since it came is not believed, however much evidence there is.
        """
        elapsed_s, self._time_s = time_s - self._time_s, time_s
        self._chance.next_picture(elapsed_s)
        now = [self._sighting(blob, evidence, rest) for blob, evidence in found]
        lasting = []
        for thing in self._known:
            if any(one.blob.near(thing.blob) for one in now):
                continue
            # As long as it is remembered, what turns up there by chance is taken for it.
            faded = replace(
                thing,
                evidence=thing.evidence - fading,
                sightings=(*thing.sightings, thing.blob)[-MOST_SIGHTINGS:],
            )
            if faded.evidence > 0 and time_s - faded.seen_s < OUT_OF_SIGHT_S:
                lasting.append(faded)
            elif not faded.believed:
                self._chance.came_to_nothing(faded.sightings)
        self._known = now + lasting
        return [one for one in now if one.evidence >= 1]

    def _sighting(self, blob: Blob, evidence: float, rest: "Rest | None") -> Thing:
        time_s = self._time_s
        known = [thing for thing in self._known if blob.near(thing.blob)]
        before = max(known, key=lambda thing: thing.evidence, default=None)
        if before is None:
            before = Thing(blob, time_s, since_s=rest.came_s(blob) if rest else time_s)
        if before.believed:
            return Thing(blob, time_s, min(MOST_EVIDENCE, before.evidence + evidence), believed=True)
        evidence = before.evidence + min(evidence, 1 / self._chance.sightings(blob))
        if evidence >= 1 and rest and rest.stays(blob, before.since_s):
            evidence = ALL_BUT_BELIEVED
        sightings = (*before.sightings, blob)[-MOST_SIGHTINGS:]
        return Thing(blob, time_s, evidence, evidence >= 1, before.since_s, sightings)
