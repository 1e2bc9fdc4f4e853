"""Back-ups as files and as streams, and what is said of them."""

import sys
from pathlib import Path

from services.runtime.bundle import Bundle, pack, unpack
from services.runtime.errors import UserError
from services.runtime.state import replace_file


def write_bundle(bundle: Bundle, file: str) -> None:
    """To a file for its owner alone, or to the output (`-`); stderr says what is in it. Raises UserError."""
    if not bundle.count:
        raise UserError("there is nothing to back up yet: no configuration, no settings, no secrets")
    content = pack(bundle)
    if file == "-":
        sys.stdout.buffer.write(content)
        sys.stdout.flush()
    else:
        try:
            replace_file(Path(file), content)
        except OSError as error:
            raise UserError(f"cannot write {file}: {(error.strerror or '').lower()}") from None
    print(said_of(bundle, file), file=sys.stderr)


def said_of(bundle: Bundle, file: str) -> str:
    count = f"{bundle.count} file{'' if bundle.count == 1 else 's'}"
    where = "written to the output" if file == "-" else f"in {file}, which its owner alone can read"
    holds = "every password and key" if "vault" in bundle.files else "settings, and what tokens are known by"
    return f"{count} {where}. Keep it from others: it holds {holds}. Pictures are not in it."


def read_bundle(file: str) -> Bundle:
    """From a file, or from the input (`-`). Raises UserError."""
    if file == "-":
        return unpack(sys.stdin.buffer)
    try:
        with Path(file).open("rb") as opened:
            return unpack(opened)
    except FileNotFoundError:
        raise UserError(f"there is no {file}") from None


def brought_back(bundle: Bundle) -> str:
    return f"brought back: {bundle.count} files of {bundle.made}, made by Nightjar {bundle.version}"
