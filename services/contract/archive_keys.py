"""Where an event's frames and its manifest are kept: a function of camera, event, time and number."""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime

from services.contract.frame import FrameId

DEFAULT_TEMPLATE = "{camera}/{time:%Y}/{time:%m}/{time:%d}/{event}/{time:%Y%m%dT%H%M%S.%f}Z-{sequence}.jpg"
MANIFEST = "event.json"
KEPT = "keep.json"
SEQUENCE_DIGITS = 8  # 77 days at 15 fps; a longer number is simply longer

_CAMERA = "[a-z0-9][a-z0-9_-]{0,62}"
_EVENT = r"\d{8}T\d{6}Z-[0-9a-f]{4,16}"
_DIGITS = {"Y": 4, "m": 2, "d": 2, "H": 2, "M": 2, "S": 2, "f": 6}
_PLACEHOLDER = re.compile(r"\{([a-z]+)(?::([^{}]*))?\}")
_LITERAL = re.compile(r"[A-Za-z0-9/._=-]*")
_TIME_FORMAT = re.compile(r"(?:%[YmdHMSf]|[A-Za-z0-9._=-])+")


@dataclass(frozen=True, slots=True)
class FrameKey:
    """What the key of a frame says."""

    camera: str
    event: str
    time: datetime  # UTC
    sequence: int


@dataclass(frozen=True, slots=True)
class KeyLayout:
    """A template for keys; `ValueError` with a sentence where it would not keep every frame apart.

    `{camera}`, `{event}` (its id), `{sequence}`, and `{time:…}` with `%Y %m %d %H %M %S %f`, in UTC. Up to
    the last `/` it names the event's folder, where `{time}` is the event's start, so that all frames are
    together; after it the frame, where `{time}` is the frame's own.
    """

    template: str = DEFAULT_TEMPLATE
    _pattern: re.Pattern[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if problem := check_key_template(self.template):
            raise ValueError(problem)
        folder, _, name = self.template.rpartition("/")
        pattern = f"{_to_pattern(folder, 'start', set())}/{_to_pattern(name, 'time', {'camera', 'event'})}"
        object.__setattr__(self, "_pattern", re.compile(pattern))

    def event_folder(self, camera: str, event: str) -> str:
        """The prefix, with `/` at its end, of all that belongs to an event."""
        if not re.fullmatch(_CAMERA, camera):
            raise ValueError(f"{camera!r:.80} is no camera's name")
        folder = self.template[: self.template.rfind("/") + 1]
        return _fill(folder, {"camera": camera, "event": event}, event_start(event))

    def frame_key(self, frame: FrameId, event: str) -> str:
        """Where a frame of an event is kept: the same place each time that it is delivered."""
        name = self.template[self.template.rfind("/") + 1 :]
        sequence = f"{frame.sequence:0{SEQUENCE_DIGITS}}"
        values = {"camera": frame.camera, "event": event, "sequence": sequence}
        return self.event_folder(frame.camera, event) + _fill(name, values, frame.time.astimezone(UTC))

    def manifest_key(self, camera: str, event: str) -> str:
        return f"{self.event_folder(camera, event)}{MANIFEST}"

    def kept_key(self, camera: str, event: str) -> str:
        """What is there where somebody keeps the event: retention never deletes it."""
        return f"{self.event_folder(camera, event)}{KEPT}"

    def parse_frame_key(self, key: str) -> FrameKey | None:
        """What a key that this layout made says; None for any other."""
        match = self._pattern.fullmatch(key)
        if match is None:
            return None
        digits = "".join(match[f"time_{letter}"] for letter in _DIGITS)
        try:
            time = datetime.strptime(digits, "%Y%m%d%H%M%S%f").replace(tzinfo=UTC)
        except ValueError:
            return None
        return FrameKey(match["camera"], match["event"], time, int(match["sequence"]))


def event_start(event: str) -> datetime:
    """When an event started (UTC, whole seconds), from its id. Raises `ValueError` for what is no id."""
    if re.fullmatch(_EVENT, event):
        try:
            return datetime.strptime(event[:15], "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
        except ValueError:
            pass  # a 13th month
    raise ValueError(f"{event!r:.80} is no event's id")


def check_key_template(template: str) -> str | None:
    """The sentence that says what is wrong with a template; None where nothing is."""
    reason = _wrong_syntax(template) or _wrong_contents(template)
    return f"archive.key cannot be {template!r:.200}: {reason}, as in {DEFAULT_TEMPLATE}" if reason else None


def _wrong_syntax(template: str) -> str | None:
    if not _LITERAL.fullmatch(_PLACEHOLDER.sub("", template)):
        return "between its placeholders go A-Z, a-z, 0-9 and /._=-"
    for name, form in _PLACEHOLDER.findall(template):
        if name not in ("camera", "event", "time", "sequence") or (form and name != "time"):
            return "it can have {camera}, {event}, {time:…} and {sequence}"
        if name == "time" and not _TIME_FORMAT.fullmatch(form):
            return "{time:…} takes %Y %m %d %H %M %S %f"
    if any(part in ("", ".", "..") for part in _PLACEHOLDER.sub("x", template).split("/")):
        return "it has an empty part, '.' or '..'"
    return None


def _wrong_contents(template: str) -> str | None:
    folder, _, name = template.rpartition("/")
    inside = {placeholder for placeholder, _ in _PLACEHOLDER.findall(folder)}
    if not {"camera", "event"} <= inside or "sequence" in inside:
        return "its folder needs {camera} and {event}, and has no {sequence}"
    times = "".join(form for placeholder, form in _PLACEHOLDER.findall(name) if placeholder == "time")
    if "{sequence}" not in name or not all(f"%{letter}" in times for letter in _DIGITS):
        return "its name needs {sequence} and a {time:…} with each of %Y %m %d %H %M %S %f"
    return None if name.endswith(".jpg") else "its name ends in .jpg"


def _fill(template: str, values: dict[str, str], time: datetime) -> str:
    return _PLACEHOLDER.sub(lambda m: time.strftime(m[2]) if m[1] == "time" else values[m[1]], template)


def _to_pattern(template: str, time: str, seen: set[str]) -> str:
    """A regular expression with a group per placeholder, `<time>_Y` and so on for a time.

    What was `seen` before, or comes a second time, must be the same again.
    """

    def group(name: str, pattern: str) -> str:
        if name in seen:
            return f"(?P={name})"
        seen.add(name)
        return f"(?P<{name}>{pattern})"

    def placeholder(name: str, form: str) -> str:
        if name != "time":
            return group(name, {"camera": _CAMERA, "event": _EVENT, "sequence": r"\d{8,}"}[name])
        dots = form.replace(".", r"\.")
        return re.sub("%(.)", lambda m: group(f"{time}_{m[1]}", rf"\d{{{_DIGITS[m[1]]}}}"), dots)

    texts, names, forms = (_PLACEHOLDER.split(template)[n::3] for n in range(3))
    found = [placeholder(name, form) for name, form in zip(names, forms, strict=True)]
    return "".join(f"{re.escape(text)}{pattern}" for text, pattern in zip(texts, [*found, ""], strict=True))
