"""Makes a back-up, and brings one back where nothing runs."""

import argparse
import contextlib
import importlib.util
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from services.contract.settings import Settings
from services.runtime import config
from services.runtime.bundle import PARTS, Bundle, gather, put_back
from services.runtime.bundle_files import brought_back, read_bundle, write_bundle
from services.runtime.state import alone_in, replace_file

CONFIG = "nightjar.yaml"


def backup(arguments: argparse.Namespace) -> int:
    """Returns the exit status; raises UserError."""
    there = arguments.config if arguments.config.exists() else None
    bundle = gather(_folders(config.load(there, os.environ)))
    if there:
        bundle.files["config"] = {CONFIG: there.read_bytes()}
    write_bundle(bundle, arguments.file)
    return 0


def restore(arguments: argparse.Namespace) -> int:
    """Returns the exit status; raises UserError, before anything is changed."""
    bundle = read_bundle(arguments.file)
    all_in_one = importlib.util.find_spec("services.together") is not None
    with _new_configuration(arguments.config, bundle) as new:
        settings = config.load(new or (arguments.config if arguments.config.exists() else None), os.environ)
        with alone_in(settings.state_dir) if all_in_one else contextlib.nullcontext():
            put_back(bundle, _folders(settings))
            if new:
                _put_into_place(new, arguments.config)
    print(brought_back(bundle))
    return 0


def _folders(settings: Settings) -> dict[str, Path]:
    """Where each part is in one process; in a service's container there is nothing of the others."""
    state = settings.state_dir
    return {part: state for part in PARTS if part not in ("vault", "config")} | {"vault": state / "secrets"}


@contextlib.contextmanager
def _new_configuration(path: Path, bundle: Bundle) -> Iterator[Path | None]:
    """That of the back-up, beside the one that is there; None where they are the same."""
    text = bundle.files.get("config", {}).get(CONFIG)
    if text is None or (path.exists() and path.read_bytes() == text):
        yield None
        return
    draft = path.with_name(f".{path.name}.restored")
    try:
        replace_file(draft, text)
    except OSError as error:  # in a container it is mounted for reading alone
        reason = (error.strerror or "").lower()
        print(f"{path} is not as in the back-up, and stays as it is: {reason}", file=sys.stderr)
        yield None
        return
    try:
        yield draft
    finally:
        draft.unlink(missing_ok=True)


def _put_into_place(draft: Path, path: Path) -> None:
    if path.exists():
        before = path.with_name(f"{path.name}.before")
        path.replace(before)
        print(f"{path} is that of the back-up now; what it was is in {before}", file=sys.stderr)
    draft.replace(path)
