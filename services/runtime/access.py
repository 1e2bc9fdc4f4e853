"""Who may read and write which topics: one table for mosquitto's ACL file and for the embedded broker.

Whoever may want frames may write every `want/+`, since `<service>-<instance>` is one level and no wildcard is
less than that. What a service owns it may also read, so that it can clear what is stale.
"""

from dataclasses import dataclass

from services.contract import topics as leaf
from services.contract.controls import EXPERIMENT, controls_of
from services.contract.topics import ANY, Topics

SERVICES = ("capture", "motion", "archiver", "gateway")
PERSON = "nightjar"
USERS = (*SERVICES, PERSON)

DISCOVERY = "homeassistant/#"


@dataclass(frozen=True, slots=True)
class Access:
    """One MQTT user's rights, as topic filters."""

    user: str
    reads: frozenset[str]
    writes: frozenset[str]


def access_table(prefix: str) -> tuple[Access, ...]:
    """The rights of each user under a topic prefix, in the order of `USERS`."""
    topics = Topics(prefix)
    return (_capture(topics), _motion(topics), _archiver(topics), _gateway(topics), _person(topics))


def acl_text(prefix: str) -> str:
    """The table as mosquitto's ACL file."""
    return "\n".join(_section(access) for access in access_table(prefix))


def _section(access: Access) -> str:
    lines = [f"user {access.user}"]
    for topic in sorted(access.reads | access.writes):
        kind = ("read" if topic in access.reads else "") + ("write" if topic in access.writes else "")
        lines.append(f"topic {kind} {topic}")
    return "\n".join(lines) + "\n"


def _capture(topics: Topics) -> Access:
    owned = (
        _owned(topics, "capture")
        | _small(topics, leaf.STATUS, leaf.HEALTH, leaf.HEALTH_DETAIL, leaf.SLICES, leaf.EXPERIMENT_SUMMARY)
        | {topics.setting_state(ANY, EXPERIMENT), topics.setting_error(ANY, EXPERIMENT)}
    )
    said = _small(topics, leaf.EVENT, leaf.RESENT) | {topics.handover(ANY, ANY)}
    heard = _small(topics, leaf.EVENT, leaf.RESEND) | {
        topics.want(ANY, ANY),
        topics.setting_set(ANY, EXPERIMENT),
    }
    pictures = _frames(topics, leaf.LIVE, leaf.REPAIR, leaf.PREVIEW) | {topics.event_frames(ANY, ANY)}
    return Access(
        "capture",
        reads=owned | heard | _frames(topics, leaf.INGEST) | {topics.devices} | _around(topics, "capture"),
        writes=owned | said | pictures,
    )


def _motion(topics: Topics) -> Access:
    owned = (
        _owned(topics, "motion")
        | _small(topics, leaf.MOTION)
        | {topics.zone(ANY, ANY), topics.want(ANY, ANY)}
    )
    said = _small(topics, leaf.EVENT, leaf.RESEND, leaf.RESENT, leaf.SCORE) | {topics.handover(ANY, ANY)}
    heard = _small(topics, leaf.EVENT, leaf.RESEND, leaf.RESENT, leaf.TRIGGER, leaf.TUNE, leaf.STATUS) | {
        topics.stats(ANY, "capture"),
        topics.handover(ANY, ANY),  # of whoever watched a camera before
    }
    return Access(
        "motion",
        reads=owned | heard | _frames(topics, leaf.LIVE, leaf.REPAIR) | _around(topics, "motion"),
        writes=owned | said | _frames(topics, leaf.SNAPSHOT) | {topics.event_frames(ANY, ANY)},
    )


def _archiver(topics: Topics) -> Access:
    owned = _owned(topics, "archiver")
    heard = _small(topics, leaf.EVENT, leaf.RESENT, leaf.KEEP, leaf.SLICES) | {topics.handover(ANY, ANY)}
    return Access(
        "archiver",
        reads=owned | heard | {topics.event_frames(ANY, ANY)} | _around(topics, "archiver"),
        writes=owned | _small(topics, leaf.EVENT, leaf.RESEND),
    )


def _gateway(topics: Topics) -> Access:
    everything = {f"{topics.prefix}/#", f"{topics.prefix}-frames/#", DISCOVERY}
    return Access(
        "gateway",
        reads=frozenset(everything),
        writes=_owned(topics, "gateway")
        | _for_people(topics)
        | {topics.want(ANY, ANY), topics.health, topics.health_detail},
    )


def _person(topics: Topics) -> Access:
    return Access(PERSON, reads=frozenset({"#", "$SYS/#"}), writes=_for_people(topics))


# -- parts of the table ---------------------------------------------------------------------------------


def _for_people(topics: Topics) -> frozenset[str]:
    """What a person, Home Assistant, and the gateway on their behalf may say."""
    said = _small(topics, leaf.TRIGGER, leaf.TUNE, leaf.KEEP) | _frames(topics, leaf.INGEST)
    return said | {topics.devices, topics.setting_set(ANY, ANY), DISCOVERY}


def _owned(topics: Topics, service: str) -> frozenset[str]:
    """What every service says about itself and about the settings that are its own."""
    said = {topics.service(service, ANY), topics.service_info(service, ANY), topics.stats(ANY, service)}
    for setting in controls_of(service):
        said |= {topics.setting_state(ANY, setting), topics.setting_error(ANY, setting)}
    return frozenset(said)


def _around(topics: Topics, service: str) -> frozenset[str]:
    """What every service hears: who is there, and commands for the settings that are its own."""
    heard = {topics.service(ANY, ANY), topics.service_info(ANY, ANY)}
    return frozenset(heard | {topics.setting_set(ANY, setting) for setting in controls_of(service)})


def _small(topics: Topics, *leaves: str) -> frozenset[str]:
    return frozenset(topics.camera(ANY, each) for each in leaves)


def _frames(topics: Topics, *leaves: str) -> frozenset[str]:
    return frozenset(topics.frames(ANY, each) for each in leaves)
