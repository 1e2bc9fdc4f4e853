"""Whether the archive lets us do what we must: a small object is put, read, listed and deleted."""

import secrets
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from services.contract.archive_url import S3Place, parse_archive_url
from services.contract.settings import ArchiveSettings
from services.doctor.finding import Finding, is_ill, note, warning, well, wrong
from services.store import Store, StoreError, StoreRefused, open_store

if TYPE_CHECKING:
    from services.store.s3_expiry import Expiry

PART = "archive"
FOLDER = ".nightjar/doctor"
CLOCK_S = 60.0
_OTHER_KEY = ("SignatureDoesNotMatch", "InvalidAccessKeyId")


def look_at_archive(archive: ArchiveSettings, *, writes: bool) -> Iterator[Finding]:
    """`writes`: whether who we are has to write there, as all but the gateway have."""
    try:
        store = open_store(
            archive.url,
            archive.access_key.get_secret_value(),
            archive.secret_key.get_secret_value(),
            token=archive.token.get_secret_value(),
            ca_file=archive.ca_file,
            threads=1,
        )
    except ValueError as error:
        yield wrong(PART, str(error), "mend archive.url or the key")
        return
    try:
        tried = list(_try(store, writes=writes))
        yield from tried
        if not is_ill(tried):
            yield from _life_cycle(store, archive)
    finally:
        store.close()


def _try(store: Store, *, writes: bool) -> Iterator[Finding]:
    key, data = f"{FOLDER}/{secrets.token_hex(8)}", secrets.token_bytes(1024)
    steps = ["list", *(["put", "read", "delete"] if writes else [])]
    done: list[str] = []
    offset_s = 0.0
    try:
        next(iter(store.list(f"{FOLDER}/")), None)
        done.append("list")
        if writes:
            store.put(key, data, "application/octet-stream")
            done.append("put")
            stored = store.stat(key)
            offset_s = (stored.modified - datetime.now(UTC)).total_seconds() if stored else 0.0
            if store.get(key) != data:
                yield wrong(
                    PART, f"{store.describe()} gave other bytes back than were put", "do not trust it"
                )
                return
            done.append("read")
            store.delete(key)
            done.append("delete")
    except StoreError as error:
        failed = steps[len(done)]
        yield wrong(PART, f"{store.describe()} does not let us {failed}: {error}", _advice(error))
        return
    if abs(offset_s) > CLOCK_S:
        yield wrong(
            PART,
            f"the archive's clock is {abs(offset_s):.0f} s {'ahead of' if offset_s > 0 else 'behind'} this "
            "machine's; from a quarter of an hour on it refuses every key",
            "set the clock that is wrong",
        )
    yield well(PART, f"{store.describe()} lets us {', '.join(done)}")


def _advice(error: StoreError) -> str:
    if any(code in str(error) for code in _OTHER_KEY):
        return (
            "the store knows another key: write the right one into its file (docker compose up -d secrets "
            "hands ours out again), which is taken up at once; frames wait in the spool meanwhile"
        )
    if isinstance(error, StoreRefused):
        return "give the key the rights in docs/reference/archive.md; frames wait in the spool meanwhile"
    if "has no bucket" in str(error):
        return (
            "if that is a surprise, mend archive.url, or bring back what was in it; the archiver makes an "
            "empty one when it next has something to store"
        )
    return "start it, or mend archive.url; frames wait in the spool meanwhile"


def _life_cycle(store: Store, archive: ArchiveSettings) -> Iterator[Finding]:
    place = parse_archive_url(archive.url)
    if not isinstance(place, S3Place):
        return
    from services.store.s3 import S3Store  # noqa: PLC0415 - a folder needs no minio

    assert isinstance(store, S3Store)
    try:
        rules = store.expiries()
    except StoreError:  # not every key may look
        yield note(PART, "this key may not look at the bucket's life-cycle rules; the archiver's may")
        return
    yield from judge_life_cycle(rules, place.prefix, archive.keep_days)


def judge_life_cycle(rules: "Iterable[Expiry]", prefix: str, keep_days: float) -> Iterator[Finding]:
    """Rules that delete what Nightjar is to keep; `keep_days` 0: for ever."""
    ours = f"{prefix}/" if prefix else ""
    for rule in rules:
        if not (ours.startswith(rule.prefix) or rule.prefix.startswith(ours)):
            continue
        when = f"after {rule.days} days" if rule.days is not None else "at a date"
        text = f"the bucket's life-cycle rule {rule.name or '(without a name)'} deletes {when}"
        if rule.by_tag:
            yield note(PART, f"{text} what has its tags, also events that somebody keeps")
        elif rule.days is None or keep_days == 0 or rule.days < keep_days:
            kept = "for ever" if keep_days == 0 else f"for {keep_days:g} days"
            yield warning(
                PART,
                f"{text}, and archive.keep_days keeps events {kept}",
                "remove the rule, or set archive.keep_days to what you want; Nightjar deletes by itself",
            )
