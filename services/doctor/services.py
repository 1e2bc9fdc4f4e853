"""Whether every service runs, once for each slot, in one version and by one clock."""

from collections.abc import Iterable, Iterator

from services.contract.partition import Partition
from services.doctor.finding import Finding, note, warning, well, wrong
from services.doctor.seen import Seen
from services.runtime import VERSION
from services.runtime.access import SERVICES

PART = "services"
#: More than networks and busy machines explain.
CLOCK_S = 2.0
CONSEQUENCE = {
    "capture": "no camera delivers pictures",
    "motion": "nothing that moves is noticed",
    "archiver": "events are not stored; their frames wait",
    "gateway": "there is no dashboard, and Home Assistant hears of no new camera",
}


def judge_services(seen: Seen, cameras: Iterable[str]) -> list[Finding]:
    """`cameras`: those of the configuration."""
    found = [*_away(seen), *_slots(seen, list(cameras)), *_said(seen), *_versions(seen), *_clocks(seen)]
    if any(each.level in ("warning", "wrong") for each in found):
        return found
    replicas = sum(len(seen.running(service)) for service in SERVICES)
    return [*found, well(PART, f"all {len(SERVICES)} services run, {replicas} replicas, version {VERSION}")]


def _away(seen: Seen) -> Iterator[Finding]:
    for service in SERVICES:
        if not any(there for (name, _), there in seen.online.items() if name == service):
            yield wrong(
                PART,
                f"{service} is not running: {CONSEQUENCE[service]}",
                f"start it and look at its log, such as docker compose logs {service}",
            )


def _slots(seen: Seen, cameras: list[str]) -> Iterator[Finding]:
    for service in SERVICES:
        there = seen.running(service)
        began = [(info.since, info.slot) for info in there if info.since]
        count = Partition.parse(max(began)[1]).count if began else 1
        taken = {info.slot for info in there}
        for slot in (f"{n}/{count}" for n in range(1, count + 1)):
            orphans = [camera for camera in cameras if Partition.parse(slot).has(camera)]
            if count > 1 and slot not in taken and service != "gateway":
                yield wrong(
                    PART,
                    f"nobody has the slot {slot} of {service}, with {', '.join(orphans) or 'no camera'}",
                    f"start the replica of {service} with NIGHTJAR_PARTITION={slot}",
                )
        yield from _twins(seen, service)


def _twins(seen: Seen, service: str) -> Iterator[Finding]:
    """Both speak on one topic, so that the broker remembers one of them; the other is known by its work."""
    at_work = {camera for info in seen.running(service) for camera in info.cameras}
    unexplained = {camera for name, camera in seen.counting if name == service} - at_work
    several = [key for key, runs in seen.spoke.items() if key[0] == service and len(runs) > 1]
    if seen.running(service) and (unexplained or several):
        yield wrong(
            PART,
            f"two replicas of {service} say that they are the same slot: one works, and the other rests",
            "give each a NIGHTJAR_PARTITION of its own",
        )


def _said(seen: Seen) -> Iterator[Finding]:
    for service in SERVICES:
        for info in seen.running(service):
            if info.problem:
                yield wrong(PART, f"{service} {info.slot}: {info.problem}", "mend what it names")
            if info.paused:
                yield wrong(
                    PART,
                    f"{service} {info.slot} has paused: neither the archive nor its spool takes frames",
                    "bring the archive back, or make room for the spool; nothing is lost yet, but nothing "
                    "is safe either",
                )


def _versions(seen: Seen) -> Iterator[Finding]:
    versions: dict[str, list[str]] = {}
    for service in SERVICES:
        for info in seen.running(service):
            versions.setdefault(info.version, []).append(service)
    if len(versions) > 1:
        said = "; ".join(f"{version}: {', '.join(names)}" for version, names in sorted(versions.items()))
        yield warning(
            PART,
            f"services of different versions run together ({said})",
            "bring the upgrade to its end; see docs/guide/operations.md",
        )
    elif versions and VERSION not in versions:
        yield note(PART, f"the services are {next(iter(versions))}, and this command is {VERSION}")


def _clocks(seen: Seen) -> Iterator[Finding]:
    """One sentence for those that are as far off: on one machine all are, or it is ours that is wrong."""
    alike: dict[int, list[str]] = {}
    for service, offset_s in seen.offsets_s.items():
        if abs(offset_s) > CLOCK_S:
            near = next((known for known in alike if abs(known - offset_s) < CLOCK_S), round(offset_s))
            alike.setdefault(near, []).append(service)
    for offset, services in alike.items():
        way = "ahead of" if offset > 0 else "behind"
        yield wrong(
            PART,
            f"the clock of {', '.join(sorted(services))} is {abs(offset)} s {way} this machine's: events, "
            "latency and retention go by it",
            "let all machines keep time (NTP), and look which one is wrong",
        )
