"""`nightjar archive export`: an event as files that anybody can open."""

import os
import shutil
import sys
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from services.archive.arguments import FORMATS
from services.contract.archive import Manifest, StoredFrame
from services.contract.archive_keys import MANIFEST
from services.runtime.errors import UserError

Pictures = Iterable[tuple[StoredFrame, bytes]]

STANDARD_OUTPUT = Path("-")


def export(manifest: Manifest, pictures: Pictures, form: str, output: Path | None, *, h264: bool) -> Path:
    """Writes it and says where; nothing is left behind where it fails, and nothing overwritten.

    Raises UserError where it cannot be written.
    """
    assert form in FORMATS
    if h264 and form != "mp4":
        raise UserError("--h264 goes with --to mp4 alone")
    if output == STANDARD_OUTPUT:
        if form not in ("zip", "mp4"):
            raise UserError(
                "to standard output go --to zip and --to mp4 alone: the others are written back and forth"
            )
        if form == "zip":
            write_zip(manifest, pictures, sys.stdout.buffer)
        else:
            _write_clip(pictures, sys.stdout.buffer, form, h264=h264)
        return STANDARD_OUTPUT
    path = output or Path(f"{manifest.camera}-{manifest.event}{'' if form == 'folder' else f'.{form}'}")
    with _all_or_nothing(path) as unfinished:
        if form == "folder":
            write_folder(manifest, pictures, unfinished)
        elif form == "zip":
            with unfinished.open("xb") as file:
                write_zip(manifest, pictures, file)
        else:
            _write_clip(pictures, unfinished, form, h264=h264)
    return path


def _write_clip(pictures: Pictures, target: Path | BinaryIO, form: str, *, h264: bool) -> None:
    try:
        from services.store.clip import write_clip  # noqa: PLC0415 - only a clip needs PyAV
    except ImportError:
        raise UserError(
            "a clip is written with PyAV, which is not here: pip install 'nightjar[export]', "
            "or export --to zip or --to folder"
        ) from None
    write_clip(((frame.time, jpeg) for frame, jpeg in pictures), target, form, h264=h264)


def write_folder(manifest: Manifest, pictures: Pictures, folder: Path) -> None:
    """Each picture as a file with the time at which it was taken, and the manifest."""
    folder.mkdir()
    for frame, jpeg in pictures:
        path = folder / _name(frame)
        path.write_bytes(jpeg)
        os.utime(path, (frame.time.timestamp(), frame.time.timestamp()))
    (folder / MANIFEST).write_bytes(manifest.file())


def write_zip(manifest: Manifest, pictures: Pictures, file: BinaryIO) -> None:
    """The same in a zip, not compressed: JPEGs are already."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for frame, jpeg in pictures:
            taken = frame.time.astimezone()  # a zip knows no time zones
            archive.writestr(
                zipfile.ZipInfo(_name(frame), max(taken.timetuple()[:6], (1980, 1, 1, 0, 0, 0))), jpeg
            )
        archive.writestr(MANIFEST, manifest.file())


def _name(frame: StoredFrame) -> str:
    return frame.key.rpartition("/")[2]


@contextmanager
def _all_or_nothing(path: Path) -> Iterator[Path]:
    """A passing name beside `path`, which takes its place at the end."""
    if path.exists():
        raise UserError(f"{path} is there already; name another place with --output")
    unfinished = path.with_name(f"{path.name}.part-{os.getpid()}")
    try:
        yield unfinished
        unfinished.rename(path)
    except OSError as error:
        _remove(unfinished)
        raise UserError(f"{path} cannot be written: {(error.strerror or str(error)).lower()}") from None
    except BaseException:
        _remove(unfinished)
        raise


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
