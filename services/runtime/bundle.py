"""A back-up in one file: settings and secrets, and no pictures.

What is open when it is made (events, experiments, what waits in the spool) is left out on purpose: brought
back later, an event that was archived long ago would be handed over a second time, with its frames missing.
"""

import io
import json
import tarfile
import time
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from pathlib import Path
from typing import IO

from services.contract.message import iso
from services.runtime import VERSION
from services.runtime.errors import UserError
from services.runtime.state import replace_file

#: Part of a back-up to the files of it, as patterns in the folder that has that part.
PARTS: Mapping[str, tuple[str, ...]] = {
    "vault": ("[!.]*",),
    "capture": ("capture.json",),
    "motion": ("motion.json",),
    "archiver": ("archiver.json",),
    "gateway": ("gateway/*.json", "gateway/*.jsonl", "gateway/https.*"),
    "config": ("nightjar.yaml", ".env"),
}
LARGEST_BYTES = 64 << 20
_LABEL = "nightjar-backup.json"


@dataclass(frozen=True, slots=True)
class Bundle:
    """Part to name to content, of what a Nightjar of this version had at that time (UTC, ISO 8601)."""

    files: dict[str, dict[str, bytes]] = field(default_factory=dict)
    version: str = VERSION
    made: str = field(default_factory=lambda: iso(datetime.now(UTC)))

    @property
    def count(self) -> int:
        return sum(len(part) for part in self.files.values())


def gather(folders: Mapping[str, Path]) -> Bundle:
    """What is in these folders, by part. Raises UserError where a file may not be read."""
    bundle = Bundle()
    for part, folder in folders.items():
        paths = (path for pattern in PARTS[part] for path in sorted(folder.glob(pattern)) if path.is_file())
        try:
            found = {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}
        except OSError as error:
            raise UserError(f"{error.filename} cannot be read: {(error.strerror or '').lower()}") from None
        if found:
            bundle.files[part] = found
    return bundle


def pack(bundle: Bundle) -> bytes:
    """As a gzipped tar file."""
    label = {"nightjar": bundle.version, "made": bundle.made}
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        _add(tar, _LABEL, json.dumps(label).encode() + b"\n")
        for part, files in bundle.files.items():
            for name, content in files.items():
                _add(tar, f"{part}/{name}", content)
    return out.getvalue()


def unpack(file: IO[bytes]) -> Bundle:
    """Raises UserError where that is no back-up, or not a whole one; what belongs nowhere is skipped."""
    label: dict[str, str] | None = None
    files: dict[str, dict[str, bytes]] = {}
    try:
        with tarfile.open(fileobj=io.BytesIO(_unzipped(file.read()))) as tar:
            for member in tar:
                content = tar.extractfile(member)
                if content is None:
                    continue
                part, _, name = member.name.partition("/")
                if member.name == _LABEL:
                    label = json.loads(content.read())
                elif _belongs(part, name):
                    files.setdefault(part, {})[name] = content.read()
    except (tarfile.TarError, OSError, ValueError, zlib.error) as error:
        raise UserError(f"this is no back-up of Nightjar, or not the whole of it: {error}") from None
    if label is None:
        raise UserError("this is no back-up of Nightjar: nightjar-backup.json is not in it")
    return Bundle(files, str(label.get("nightjar")), str(label.get("made")))


def put_back(bundle: Bundle, folders: Mapping[str, Path]) -> None:
    """Each file in its place, whole and readable to its owner alone; others that are there stay.

    Raises UserError where a folder may not be written.
    """
    for part, folder in folders.items():
        for name, content in bundle.files.get(part, {}).items():
            path = folder / name
            try:
                path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                replace_file(path, content)
            except OSError as error:
                raise UserError(f"cannot write {path}: {(error.strerror or '').lower()}") from None


def _belongs(part: str, name: str) -> bool:
    """Whether a file of that name is made where it should be, and nowhere else."""
    levels = name.split("/")
    for pattern in PARTS.get(part, ()):
        wanted = pattern.split("/")
        if len(levels) == len(wanted) and all(map(fnmatchcase, levels, wanted)):
            return not {"", ".", ".."} & set(levels)
    return False


def _unzipped(content: bytes) -> bytes:
    """To its last byte, which its checksum is behind. Raises ValueError."""
    zipped = zlib.decompressobj(wbits=31)
    text = zipped.decompress(content, LARGEST_BYTES)
    if not zipped.eof:
        raise ValueError("it ends too early, or is too large")
    return text


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mtime = len(content), int(time.time())
    member.mode = 0o644 if name.endswith(".yaml") else 0o600  # which containers read
    tar.addfile(member, io.BytesIO(content))
