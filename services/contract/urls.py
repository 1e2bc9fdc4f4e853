"""Camera URLs as people write them: which there are, what is wrong with one, how to show one without secrets.

Pure, without OpenCV, so every service can check the configuration, also where the cameras cannot be reached.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

KNOWN_SCHEMES = ("demo", "file", "http", "https", "rtsp", "rtsps")

Activity = Literal["none", "calm", "normal", "busy"]

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*(?=:)")
_HOST_AND_PORT = re.compile(r"(\[[0-9A-Fa-f:.%]+\]|[A-Za-z0-9_.-]+)(:\d*)?")
_SECRET_VALUE = re.compile(
    r"([?&;/]"  # some cameras take the login in the path: rtsp://host/user=admin&password=x&channel=1.sdp
    r"(?:[\w.%-]*(?:pass|pwd|psw|token|secret|auth|sign|credential|session|login|user|usr|nonce|jwt)[\w.%-]*"
    r"|[\w.%-]*(?:key|sig|sid|pas|pw|code)|[pu])=)[^&;\s]*",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class DemoUrl:
    """`demo:?seed=1&size=1280x720&fps=15&activity=normal`, taken apart."""

    seed: int = 1
    width: int = 1280
    height: int = 720
    fps: float = 15.0
    activity: Activity = "normal"


@dataclass(frozen=True, slots=True)
class FileUrl:
    """`file:/path/video.avi?loop=1&speed=realtime`, taken apart; `path` may be relative."""

    path: Path
    loop: bool = True
    fast: bool = False


def scheme_of(url: str) -> str:
    """The scheme in small letters; a bare path is a `file`."""
    match = _SCHEME.match(url)
    return match[0].lower() if match else "file"


def mask_url(url: str) -> str:
    """The URL as it may be logged and shown: the login and every value that looks like a secret are `***`.

    Works on what is no proper URL too, and rather hides too much: people paste passwords with @, / and ?.
    """
    before, separator, rest = url.partition("://")
    if separator:
        rest = _without_login(rest)
    return _SECRET_VALUE.sub(r"\1***", before + separator + rest)


def _without_login(rest: str) -> str:
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    # Where a host stands first, an @ after the question mark belongs to the camera's own options.
    until = f"{rest}?".index("?") if _HOST_AND_PORT.fullmatch(authority) else len(rest)
    at = rest.rfind("@", 0, until)
    return f"***@{rest[at + 1 :]}" if at >= 0 else rest


def check_camera_url(url: str) -> str | None:
    """What is wrong with a camera's URL, as one sentence that says how to mend it; None where it is fine."""
    try:
        match scheme_of(url):
            case "demo":
                parse_demo(url)
            case "file":
                parse_file(url)
            case "http" | "https" | "rtsp" | "rtsps":
                return _check_network(url)
            case scheme:
                return unknown_scheme(scheme)
    except ValueError as error:
        return str(error)
    return None


def missing_file(url: str) -> str | None:
    """The sentence for a `file:` camera whose file is not on this machine; None for every other camera."""
    path = parse_file(url).path if scheme_of(url) == "file" else None
    if path is None or path.is_file():
        return None
    if path.is_dir():
        return f'"{path}" is a folder; name a video file in it'
    return f'there is no file "{path}"; give the path of a video that capture can see'


def unknown_scheme(scheme: str) -> str:
    *most, last = (f"{known}:" for known in KNOWN_SCHEMES)
    return f'there is no camera of the kind "{scheme}:"; use {", ".join(most)} or {last}'


def parse_demo(url: str) -> DemoUrl:
    """Takes a `demo:` URL apart; raises ValueError with a sentence."""
    split = urlsplit(url)
    if split.netloc or split.path:
        raise ValueError('write a demo camera as "demo:" or with options as "demo:?seed=2&fps=10"')
    options = _options(split, ("seed", "size", "fps", "activity"))
    width, height = _size(options.get("size", "1280x720"))
    return DemoUrl(
        seed=int(_number("seed", options.get("seed", "1"), 0, 2**31, whole=True)),
        width=width,
        height=height,
        fps=_number("fps", options.get("fps", "15"), 0.1, 60),
        activity=cast("Activity", _choice("activity", options, ("normal", "none", "calm", "busy"))),
    )


def parse_file(url: str) -> FileUrl:
    """Takes a `file:` URL or a bare path apart; raises ValueError with a sentence."""
    if not _SCHEME.match(url):
        return FileUrl(Path(url))
    split = urlsplit(url)
    if split.netloc or not split.path:
        raise ValueError(
            'write a video file as "file:/path/video.mp4", or "file:video.mp4" for a relative path'
        )
    options = _options(split, ("loop", "speed"))
    return FileUrl(
        path=Path(unquote(split.path)),
        loop=_choice("loop", options, ("1", "once")) == "1",
        fast=_choice("speed", options, ("realtime", "fast")) == "fast",
    )


def _check_network(url: str) -> str | None:
    split = urlsplit(url)
    try:
        missing = not split.hostname or split.port == 0
    except ValueError:
        missing = True
    if missing:
        return (
            f'"{mask_url(url)}" names no host and port; write {split.scheme}://host:port/path, '
            "with %40, %2F, %3A and %23 for @, /, : and # in a password"
        )
    return None


def _options(split: SplitResult, known: tuple[str, ...]) -> dict[str, str]:
    options = dict(parse_qsl(split.query, keep_blank_values=True))
    for name in options:
        if name not in known:
            raise ValueError(f'a {split.scheme}: camera has no option "{name}"; it has {", ".join(known)}')
    return options


def _choice(name: str, options: dict[str, str], allowed: tuple[str, ...]) -> str:
    """The first of the allowed values is the default."""
    value = options.get(name, allowed[0])
    if value not in allowed:
        raise ValueError(f'"{name}={value}" is not known; use {", ".join(allowed[:-1])} or {allowed[-1]}')
    return value


def _number(name: str, text: str, least: float, most: float, *, whole: bool = False) -> float:
    try:
        value = int(text) if whole else float(text)
    except ValueError:
        value = None
    if value is None or not least <= value <= most:
        raise ValueError(f'"{name}={text}" is no number from {least:g} to {most:g}')
    return value


def _size(text: str) -> tuple[int, int]:
    match = re.fullmatch(r"(\d{1,5})x(\d{1,5})", text)
    width, height = (int(match[1]), int(match[2])) if match else (0, 0)
    if not (320 <= width <= 3840 and 180 <= height <= 2160):
        raise ValueError(f'"size={text}" is no size from 320x180 to 3840x2160, such as 1280x720')
    return width, height
