"""Where an event's frames and its manifest are kept: a function of camera, event, time and sequence number."""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime

from services.contract.frame import FrameId

DEFAULT_TEMPLATE = (
    "{camera}/{start:%Y}/{start:%m}/{start:%d}/{event}/{time:%Y%m%dT%H%M%S.%f}Z-{sequence}.jpg"
)
MANIFEST = "event.json"
SEQUENCE_DIGITS = 8  # so that names sort by number too; longer numbers simply are longer

_DIGITS = {"Y": 4, "m": 2, "d": 2, "H": 2, "M": 2, "S": 2, "f": 6}
_PLACEHOLDER = re.compile(r"\{([a-z]+)(?::([^{}]*))?\}")
_LITERAL = re.compile(r"[A-Za-z0-9/._=-]*")
_FORMAT = re.compile(r"(?:%[YmdHMSf]|[A-Za-z0-9._=-])+")
_CAMERA = re.compile(r"[a-z0-9][a-z0-9_-]{0,62}")
_EVENT = re.compile(r"(\d{8}T\d{6})Z-[0-9a-z]{1,32}")


@dataclass(frozen=True, slots=True)
class FrameKey:
    """What the key of a frame says."""

    camera: str
    event: str
    time: datetime  # UTC
    sequence: int


@dataclass(frozen=True, slots=True)
class KeyLayout:
    """A checked template for keys; `ValueError` with a sentence where it cannot hold what events need.

    Placeholders: `{camera}`, `{event}` (its id), `{start:…}` (the event's start), `{time:…}` (the frame's),
    `{sequence}`; times take `%Y %m %d %H %M %S %f`, always UTC. Up to the last `/` comes the folder of an
    event, the same for all of its frames, and after it the name of a frame.
    """

    template: str = DEFAULT_TEMPLATE
    _pattern: re.Pattern[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        problem = check_key_template(self.template)
        if problem:
            raise ValueError(problem)
        object.__setattr__(self, "_pattern", re.compile(_to_pattern(self.template)))

    def event_folder(self, camera: str, event: str) -> str:
        """The prefix, with `/` at its end, of all that belongs to an event."""
        folder = self.template[: self.template.rfind("/") + 1]
        return _fill(folder, _known(camera, event), {"start": event_start(event)})

    def frame_key(self, frame: FrameId, event: str) -> str:
        """Where a frame of an event is kept: the same place each time it is delivered."""
        values = _known(frame.camera, event) | {"sequence": f"{frame.sequence:0{SEQUENCE_DIGITS}}"}
        return _fill(self.template, values, {"start": event_start(event), "time": frame.time.astimezone(UTC)})

    def manifest_key(self, camera: str, event: str) -> str:
        return f"{self.event_folder(camera, event)}{MANIFEST}"

    def parse_frame_key(self, key: str) -> FrameKey | None:
        """What a key made by this layout says; None for any other."""
        match = self._pattern.fullmatch(key)
        if match is None:
            return None
        parts = match.groupdict()
        try:
            time = datetime(*(int(parts[f"time_{letter}"]) for letter in _DIGITS), tzinfo=UTC)  # type: ignore[arg-type, misc] # mypy counts no generator
        except ValueError:
            return None
        return FrameKey(parts["camera"], parts["event"], time, int(parts["sequence"]))


def event_start(event: str) -> datetime:
    """When an event started (UTC, whole seconds), from its id. Raises `ValueError` for what is no id."""
    match = _EVENT.fullmatch(event)
    if match is None:
        raise ValueError(f"{event!r:.80} is no event's id")
    return datetime.strptime(match[1], "%Y%m%dT%H%M%S").replace(tzinfo=UTC)


def check_key_template(template: str) -> str | None:
    """The sentence that says what is wrong with a template; None where nothing is."""
    reason = _wrong_syntax(template) or _wrong_contents(template)
    return f"the key {template!r:.200} cannot be used: {reason}, as in {DEFAULT_TEMPLATE}" if reason else None


def _wrong_syntax(template: str) -> str | None:
    if not _LITERAL.fullmatch(_PLACEHOLDER.sub("", template)):
        return "between its placeholders go A-Z, a-z, 0-9 and /._=-"
    for name, form in _PLACEHOLDER.findall(template):
        if name in ("start", "time"):
            if not _FORMAT.fullmatch(form):
                return f"{{{name}}} takes %Y %m %d %H %M %S %f"
        elif name not in ("camera", "event", "sequence") or form:
            return "it can have {camera}, {event}, {start:…}, {time:…} and {sequence}"
    if any(part in ("", ".", "..") for part in _PLACEHOLDER.sub("x", template).split("/")):
        return "it has an empty part, '.' or '..'"
    return None


def _wrong_contents(template: str) -> str | None:
    folder, _, name = template.rpartition("/")
    inside = {placeholder for placeholder, _ in _PLACEHOLDER.findall(folder)}
    if not {"camera", "event"} <= inside or inside & {"time", "sequence"}:
        return "its folder needs {camera} and {event}, and takes {start:…} but nothing of a single frame"
    times = "".join(form for placeholder, form in _PLACEHOLDER.findall(name) if placeholder == "time")
    if "{sequence}" not in name or not all(f"%{letter}" in times for letter in _DIGITS):
        return "its name needs {sequence} and a {time:…} with each of %Y %m %d %H %M %S %f"
    return None if name.endswith(".jpg") else "its name ends in .jpg"


def _known(camera: str, event: str) -> dict[str, str]:
    if not _CAMERA.fullmatch(camera):
        raise ValueError(f"{camera!r:.80} is no camera's name")
    return {"camera": camera, "event": event}


def _fill(template: str, values: dict[str, str], times: dict[str, datetime]) -> str:
    return _PLACEHOLDER.sub(
        lambda m: values[m[1]] if m[1] in values else times[m[1]].strftime(m[2]), template
    )


def _to_pattern(template: str) -> str:
    """A regular expression for the template's keys; what comes a second time must be the same again."""
    seen: set[str] = set()

    def group(name: str, pattern: str) -> str:
        if name in seen:
            return f"(?P={name})"
        seen.add(name)
        return f"(?P<{name}>{pattern})"

    def placeholder(name: str, form: str) -> str:
        plain = {"camera": _CAMERA.pattern, "event": r"\d{8}T\d{6}Z-[0-9a-z]{1,32}", "sequence": r"\d{8,}"}
        if name in plain:
            return group(name, plain[name])
        parts = re.split(r"%(.)", form)
        return "".join(
            group(f"{name}_{part}", rf"\d{{{_DIGITS[part]}}}") if n % 2 else re.escape(part)
            for n, part in enumerate(parts)
        )

    parts = _PLACEHOLDER.split(template)
    found = [re.escape(parts[0])]
    for n in range(1, len(parts), 3):
        found += [placeholder(parts[n], parts[n + 1]), re.escape(parts[n + 2])]
    return "".join(found)
