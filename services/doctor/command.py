"""Looks at everything, prints what it finds, and says in its exit status whether somebody has to act."""

import argparse
import importlib.util
import json
import os
import secrets
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from services.contract.archive_url import FolderPlace, parse_archive_url
from services.contract.settings import Settings, split_address
from services.contract.topics import Topics
from services.doctor.cameras import judge_cameras
from services.doctor.disks import look_at_disks
from services.doctor.finding import Finding, Level, is_ill, note, wrong
from services.doctor.limits import judge_limits
from services.doctor.rights import judge_rights, try_rights
from services.doctor.seen import filters, look_at
from services.doctor.services import judge_services
from services.runtime import config
from services.runtime.access import SERVICES, USERS
from services.runtime.mqtt import BrokerAddress, broker_address
from services.runtime.mqtt.examine import Examination
from services.runtime.mqtt.words import ConnectionRefused

MARKS = {Level.WELL: "ok", Level.NOTE: "note", Level.WARNING: "WARNING", Level.WRONG: "WRONG"}
#: Who hears everything that there is to hear.
HEARS_ALL = "gateway"


def main(arguments: argparse.Namespace) -> int:
    """0: all is well; 1: somebody has to do something. Raises UserError."""
    settings = config.load(arguments.config, os.environ)
    say: Callable[[Finding], None] = (lambda _finding: None) if arguments.json else _print
    findings = []
    for finding in examine(settings, arguments.listen, tries_rights=not arguments.no_rights):
        findings.append(finding)
        say(finding)
    ill = is_ill(findings)
    if arguments.json:
        print(json.dumps({"well": not ill, "findings": [each.json() for each in findings]}, indent=2))
    else:
        count = sum(each.level in (Level.WARNING, Level.WRONG) for each in findings)
        print(f"\n{count} to mend." if ill else "\nAll is well.")
    return int(ill)


def examine(settings: Settings, listen_s: float, *, tries_rights: bool = True) -> Iterator[Finding]:
    """Everything, each as soon as it is known."""
    users = _users(settings)
    yield from _broker(settings, users, listen_s, tries_rights=tries_rights)
    role = settings.mqtt.user or HEARS_ALL
    if (role in ("archiver", "gateway") or role not in USERS) and _has_archive(settings):
        from services.doctor.archive import look_at_archive  # noqa: PLC0415 - not every image has a store

        yield from look_at_archive(settings.archive, writes=not (settings.mqtt.url and role == "gateway"))
    yield from look_at_disks(_folders(settings, role))


def _broker(
    settings: Settings, users: list[BrokerAddress], listen_s: float, *, tries_rights: bool
) -> Iterator[Finding]:
    prefix = settings.mqtt.prefix
    tried: set[str] = set()
    for address in users:
        try:
            with Examination(address, f"{prefix}-{address.user}.doctor-{secrets.token_hex(4)}") as broker:
                if not tried:
                    yield from judge_limits(broker.limits, str(address), settings.mqtt.max_packet_mb)
                    yield from _system(settings, broker, address.user, listen_s)
                if tries_rights and address.user not in tried:
                    tells = broker.limits.version == "5"
                    trial = try_rights(address.user, prefix, broker.publish, tells=tells)
                    yield from judge_rights(trial)
                tried.add(address.user)
        except ConnectionRefused as refused:
            yield wrong("broker", str(refused), _advice(refused))
            if address is users[-1] and not tried:
                yield note("services", "nothing is known of services, cameras and losses without the broker")
            if not (refused.login or settings.mqtt.url):  # ours is away for all of its users
                return


def _advice(refused: ConnectionRefused) -> str:
    if refused.login:
        return (
            "put the right password into its file, or let the broker read its users again "
            "(docker compose kill -s HUP mqtt)"
        )
    return (
        "start the broker, or mend mqtt.url; frames wait in capture's outbox meanwhile, as long as there is "
        "room (capture.outbox_mb)"
    )


def _system(settings: Settings, broker: Examination, user: str, listen_s: float) -> Iterator[Finding]:
    topics = Topics(settings.mqtt.prefix)
    for each in filters(topics):
        broker.subscribe(each)
    time.sleep(listen_s)
    seen = look_at(list(broker.heard), topics)
    yield from judge_services(seen, settings.cameras)
    if user in SERVICES and user != HEARS_ALL:
        yield note("cameras", f"the user {user} hears nothing of them; the gateway's does")
    else:
        yield from judge_cameras(seen, settings.cameras)


def _users(settings: Settings) -> list[BrokerAddress]:
    """Who we can be at the broker: ourselves, or all of them where everything runs in one process."""
    if settings.mqtt.url:
        address = broker_address(settings.mqtt)
        return list(address.nodes()) if address.others else [address]
    from services.secrets.keyring import local_secrets  # noqa: PLC0415 - not in every image

    keyring = local_secrets(settings.state_dir)
    keyring.must_exist("start Nightjar once, and ask again")
    host, port = split_address(settings.mqtt.listen)
    nearby = "127.0.0.1" if host in ("0.0.0.0", "::") else host
    first_hears = (HEARS_ALL, *(user for user in USERS if user != HEARS_ALL))
    return [BrokerAddress(nearby, port, user, keyring.mqtt_password(user)) for user in first_hears]


def _has_archive(settings: Settings) -> bool:
    """Whether this image, and this configuration, know how to get there."""
    return importlib.util.find_spec("services.store") is not None and bool(settings.archive.url)


def _folders(settings: Settings, role: str) -> dict[str, tuple[Path, float]]:
    folders = {"for state": (settings.state_dir, 0.0)}
    archive = settings.archive
    if role == "archiver" or role not in SERVICES or not settings.mqtt.url:
        spool = archive.spool_dir or settings.state_dir / "spool"
        folders["for the archiver's spool"] = (spool, archive.spool_free_gb)
        place = parse_archive_url(archive.url)
        if isinstance(place, FolderPlace):
            folders["the archive"] = (place.path, 0.0)
    return folders


def _print(finding: Finding) -> None:
    print(f"{MARKS[finding.level]:<8} {finding.part}: {finding.text}", flush=True)
    if finding.advice:
        print(f"{'':<8} → {finding.advice}", flush=True)
    sys.stdout.flush()
