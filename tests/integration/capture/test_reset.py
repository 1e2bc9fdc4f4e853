"""The user's reset command runs to its end, or is ended."""

import threading
import time
from pathlib import Path

from services.capture.reset import run_reset
from tests.integration.capture.programs import alive, program


def run(command: str, timeout_s: float = 5.0) -> tuple[str, list[str]]:
    lines: list[str] = []
    return run_reset(command, threading.Event(), lines.append, timeout_s), lines


def test_a_command_that_works_leaves_nothing_to_be_said(tmp_path: Path) -> None:
    assert run(f"touch {tmp_path}/done") == ("", [])
    assert (tmp_path / "done").exists()


def test_a_command_that_fails_says_so_and_its_words_are_heard() -> None:
    code = "print('no such port', file=sys.stderr); sys.exit(4)"
    assert run(program(code)) == ("the reset command ended with exit code 4", ["no such port"])


def test_a_command_that_is_not_there_says_so() -> None:
    assert run("no-such-program")[0] == (
        'there is no program "no-such-program"; install it, or write its whole path'
    )


def test_a_command_that_writes_a_lot_is_not_held_up() -> None:
    assert run(program("out.write(bytes(1 << 20)); sys.stderr.write('x' * (1 << 20))"))[0] == ""


def test_a_command_that_does_not_end_is_ended_with_its_children(tmp_path: Path) -> None:
    code = """
child = subprocess.Popen(["sleep", "60"])
open(sys.argv[1], "w").write(str(child.pid))
time.sleep(60)
"""
    pids, began = tmp_path / "pid", time.monotonic()
    assert run(f"{program(code)} {pids}", 0.6)[0] == "the reset command did not end within 0.6 s"
    assert time.monotonic() - began < 2
    assert not alive(int(pids.read_text()))


def test_stop_ends_it() -> None:
    stop = threading.Event()
    threading.Timer(0.2, stop.set).start()
    began = time.monotonic()
    assert run_reset("sleep 60", stop, print).startswith("the reset command was ended, because")
    assert time.monotonic() - began < 1.5
