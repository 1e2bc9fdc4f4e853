"""Which source an argument means."""

import argparse
import os
from datetime import datetime
from pathlib import Path

from services.contract.archive_url import S3Place, parse_archive_url
from services.contract.settings import ArchiveSettings
from services.replay.shots import Folder, NotReplayable, Source, VideoFile
from services.runtime import config

#: Stands for the archive that is configured.
CONFIGURED = "archive"


def open_source(arguments: argparse.Namespace) -> Source:
    """A video, a folder, or an archive. Raises NotReplayable or UserError."""
    text = str(arguments.source)
    path = Path(text)
    if text == CONFIGURED and not path.exists():
        return _archive(None, arguments)
    if text.startswith(("s3:", "file:")):
        return _archive(text, arguments)
    if path.is_dir():
        return Folder(path, arguments.fps)
    return VideoFile(path)


def _archive(url: str | None, arguments: argparse.Namespace) -> Source:
    try:
        from services.replay.archived import Archived  # noqa: PLC0415
        from services.store import open_store  # noqa: PLC0415
    except ImportError:  # motion's image has no store
        raise NotReplayable("this installation reads no archives: it is made with `make setup`") from None
    own = configured(arguments.config)
    try:
        store = open_store(
            own.url if url is None else completed(url, own.url),
            own.access_key.get_secret_value(),
            own.secret_key.get_secret_value(),
            threads=own.threads,
        )
    except ValueError as wrong:
        raise NotReplayable(str(wrong)) from None
    since, until = _range(arguments)
    return Archived(store, camera=arguments.camera, since=since, until=until, threads=own.threads)


def configured(path: Path) -> ArchiveSettings:
    """The archive of the configuration, of the environment where there is none."""
    nothing = {"cameras": {"none": {"url": "demo:"}}}
    if path.exists():
        return config.load(path, os.environ).archive
    return config.load(None, os.environ, nothing).archive


def completed(url: str, own: str) -> str:
    """A bucket without options is on the configured server, where that has a bucket of this name."""
    if not url.startswith("s3:") or "?" in url or not own.startswith("s3:"):
        return url
    asked, known = parse_archive_url(url), parse_archive_url(own)
    same = isinstance(asked, S3Place) and isinstance(known, S3Place) and asked.bucket == known.bucket
    return f"{url}?{own.partition('?')[2]}" if same and "?" in own else url


def _range(arguments: argparse.Namespace) -> tuple[datetime | None, datetime | None]:
    if not (arguments.since or arguments.until):
        return None, None
    from services.archive import moments  # noqa: PLC0415

    now = datetime.now().astimezone()
    since = moments.since(arguments.since, now) if arguments.since else None
    return since, moments.until(arguments.until, now) if arguments.until else None
