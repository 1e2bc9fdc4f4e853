"""Programs that write pictures as cameras' programs do, for `exec:` cameras."""

import shlex
import sys
from pathlib import Path

BEGIN = """
import os, signal, subprocess, sys, time
out = sys.stdout.buffer
frames = [open(file, "rb").read() for file in {files}]
"""


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
