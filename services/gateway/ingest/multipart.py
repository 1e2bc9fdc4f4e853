"""Takes one part out of a form, however loosely a small device has put it together (RFC 7578)."""

import re

_HEAD_END = re.compile(rb"\r?\n\r?\n")
_NAME = re.compile(rb"""[;\s]name=(?:"([^"]*)"|([^;\s]+))""", re.IGNORECASE)
_DISPOSITION = b"content-disposition:"


class NoForm(ValueError):
    """The bytes are no form with such a part; the text says what is wrong."""


def part_of_form(body: bytes, boundary: str, name: str) -> bytes:
    """The content of the part with this name, byte by byte. Raises `NoForm`.

    Parts need neither a length nor a type; line ends may be bare, and what stands before the first boundary
    or after the last is left out.
    """
    mark = b"--" + boundary.encode()
    start = body.find(mark)
    if start < 0 or not boundary:
        raise NoForm("the form has not the boundary that its Content-Type names")
    found = []
    while not body.startswith(b"--", start + len(mark)):
        end = body.find(b"\n" + mark, start + len(mark))
        if end < 0:
            raise NoForm("the form is cut off: its last boundary is missing")
        head = _HEAD_END.search(body, start + len(mark), end + 1)
        if head is None:
            raise NoForm("the form has a part without an empty line after its headers")
        part = _name(body[start + len(mark) : head.start()])
        if part == name:
            return body[head.end() : end - 1 if body.endswith(b"\r", head.end(), end) else end]
        found.append(part)
        start = end + 1
    others = f"it has {', '.join(repr(other)[:40] for other in found[:5])}" if found else "it has no parts"
    raise NoForm(f"the form has no part with the name '{name}': {others}")


def _name(head: bytes) -> str:
    for line in head.splitlines():
        if line.lower().startswith(_DISPOSITION) and (match := _NAME.search(line)):
            return (match[1] or match[2] or b"").decode(errors="replace")
    return ""
