"""Programs that write pictures as cameras' programs do, for `exec:` cameras, and those that must be here."""

import os
import shlex
import sys
from pathlib import Path
from typing import NoReturn

import pytest

BEGIN = """
import os, signal, subprocess, sys, time
out = sys.stdout.buffer
frames = [open(file, "rb").read() for file in {files}]
"""


def need(what: str) -> NoReturn:
    """What a test needs is not here: it is skipped, but in CI it fails."""
    sentence = f"there is no {what} here; install it"
    if os.environ.get("NIGHTJAR_TEST_BACKENDS") == "docker":
        pytest.fail(sentence)
    pytest.skip(sentence)


def program(code: str, files: list[Path] | None = None) -> str:
    """The command of a Python program that begins with `frames` and `out`."""
    begin = BEGIN.format(files=[str(file) for file in files or []])
    return shlex.join([sys.executable, "-S", "-c", begin + code])


def stream(step_s: float = 0.01) -> str:
    """Code that writes the frames as bare JPEGs, again and again."""
    return f"""
while True:
    for frame in frames:
        out.write(frame); out.flush(); time.sleep({step_s})
"""


def alive(pid: int) -> bool:
    """Whether the process is there and no zombie: nobody may be there to reap an orphan."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"
