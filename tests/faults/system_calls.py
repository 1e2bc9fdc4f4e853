"""What a process asked its kernel, in order, as strace has written it down.

An acknowledgement of MQTT (PUBACK) is a packet of type 4, so its first byte is 0x40, `@`.
"""

import re
from dataclasses import dataclass
from pathlib import Path

#: What is written down: all by which bytes come from the broker and leave for it, and a file becomes durable.
TRACED = "trace=recvfrom,recv,read,fsync,fdatasync,rename,renameat,renameat2,sendto,send,write,sendmsg,writev"

_LINE = re.compile(r"^(?P<pid>\d+)\s+(?P<text>.*)$")
_BEGUN = re.compile(r"^(?P<call>\w+)\((?P<arguments>.*?)(?: <unfinished \.\.\.>|\)\s+= .*)?$")
_ENDED = re.compile(r"^<\.\.\. (?P<call>\w+) resumed>(?P<rest>.*)$")
_CONNECTION = re.compile(r"<(TCP:\[[^\]]*\])>")
_PATH = re.compile(r'"([^"]*)"|<([^<>]*)>')


@dataclass(frozen=True, slots=True)
class Call:
    """A system call when it counts: a packet when it begins to leave, a sync when it has ended."""

    name: str
    arguments: str

    @property
    def connection(self) -> str:
        """To whom a socket is connected; empty for anything else."""
        found = _CONNECTION.search(self.arguments)
        return found[1] if found else ""

    @property
    def paths(self) -> list[str]:
        return [quoted or of_handle for quoted, of_handle in _PATH.findall(self.arguments)]


def calls(trace: Path) -> list[Call]:
    """In the order in which they counted: sends by their begin, all others by their end."""
    found: list[Call] = []
    begun: dict[tuple[str, str], str] = {}
    for line in trace.read_text(errors="replace").splitlines():
        match = _LINE.match(line)
        if match is None:
            continue
        pid, text = match["pid"], match["text"]
        if ended := _ENDED.match(text):
            arguments = begun.pop((pid, ended["call"]), None)
            if arguments is not None:
                found.append(Call(ended["call"], arguments + ended["rest"]))
        elif start := _BEGUN.match(text):
            name, arguments = start["call"], start["arguments"]
            if text.endswith("<unfinished ...>") and not _leaves(name):
                begun[pid, name] = arguments
            else:
                found.append(Call(name, arguments))
    return found


def _leaves(name: str) -> bool:
    return name.startswith(("send", "write"))


def of_frames(traced: list[Call]) -> list[Call]:
    """Without what was sent on other connections than the one on which frames came."""
    frames = {
        call.connection
        for call in traced
        if call.name.startswith("re") and call.connection and "-frames/" in call.arguments
    }
    return [call for call in traced if not call.connection or call.connection in frames]


def acknowledges(call: Call) -> bool:
    """Whether it is a PUBACK on its way to a broker."""
    return (
        _leaves(call.name)
        and "TCP:" in call.arguments
        and re.search(r'"@\\[234]', call.arguments) is not None
    )


def too_early(traced: list[Call], folder: Path, suffix: str) -> list[str]:
    """Acknowledgements that left before a file of the folder was durable for each of them.

    A file is durable when its bytes were synced, then it got its name (one that ends in `suffix`), and then
    its folder was synced. Given one frame at a time, each acknowledgement needs one more such file.
    """
    synced: set[str] = set()
    named: dict[str, str] = {}
    durable = acknowledged = 0
    wrong = []
    for call in traced:
        paths = [path for path in call.paths if path.startswith(str(folder))]
        if call.name in ("fsync", "fdatasync") and paths:
            if paths[0] in named.values():
                durable += sum(place == paths[0] for place in named.values())
                named = {file: place for file, place in named.items() if place != paths[0]}
            synced.add(paths[0])
        elif call.name.startswith("rename") and len(paths) >= 2 and paths[-1].endswith(suffix):
            if paths[0] in synced:
                named[paths[-1]] = str(Path(paths[-1]).parent)
            else:
                wrong.append(f"{paths[-1]} got its name before it was synced")
        elif acknowledges(call):
            acknowledged += 1
            if acknowledged > durable:
                wrong.append(f"acknowledgement {acknowledged} left when {durable} files were durable")
    return wrong


def unspooled(traced: list[Call], folder: Path) -> list[str]:
    """Acknowledgements that left before their frame was synced in a spool file, and that file's name.

    Given one frame at a time, each acknowledgement needs a sync of a file after the one before it.
    """
    synced = named = False
    wrong = []
    for call in traced:
        paths = [path for path in call.paths if path.startswith(str(folder))]
        if call.name in ("fsync", "fdatasync") and paths:
            synced |= paths[0] != str(folder)
            named |= paths[0] == str(folder)
        elif acknowledges(call):
            if not synced:
                wrong.append("an acknowledgement left before its frame was synced")
            if not named:
                wrong.append("an acknowledgement left before the spool file's name was synced")
            synced = False
    return wrong
