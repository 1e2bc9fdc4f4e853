"""Camera URLs as people write them: which there are, what is wrong with one, how to show one without secrets.

Pure, without OpenCV, so every service can check the configuration, also where the cameras cannot be reached.
"""

import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast
from urllib.parse import unquote, urlsplit

from services.contract.picture_files import picture_files
from services.contract.url_options import choice, number, options, size

KNOWN_SCHEMES = ("demo", "exec", "file", "http", "https", "mqtt", "push", "rtsp", "rtsps", "v4l2")

Activity = Literal["none", "calm", "normal", "busy"]

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*(?=:)")
_HOST_AND_PORT = re.compile(r"(\[[0-9A-Fa-f:.%]+\]|[A-Za-z0-9_.-]+)(:\d*)?")
_SECRET_VALUE = re.compile(
    r"([?&;/]"  # some cameras take the login in the path: rtsp://host/user=admin&password=x&channel=1.sdp
    r"(?:[\w.%-]*(?:pass|pwd|psw|token|secret|auth|sign|credential|session|login|user|usr|nonce|jwt)[\w.%-]*"
    r"|[\w.%-]*(?:key|sig|sid|pas|pw|code)|[pu])=)[^&;\s]*",
    re.IGNORECASE,
)
_URL_IN_TEXT = re.compile(r"\b[A-Za-z][A-Za-z0-9+.-]*://[^\s'\"<>]+")


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
    """`file:/path/video.avi?loop=1&speed=realtime&fps=2`, taken apart; `path` may be relative, or a glob."""

    path: Path
    loop: bool = True
    fast: bool = False
    fps: float = 0.0  # 0: the video's own, and one picture a second of a folder


@dataclass(frozen=True, slots=True)
class V4l2Url:
    """`v4l2:/dev/video0?width=1280&height=720&fps=30`, taken apart; 0: as the device has it."""

    device: Path
    width: int = 0
    height: int = 0
    fps: float = 0.0


def scheme_of(url: str) -> str:
    """The scheme in small letters; a bare path is a `file`."""
    match = _SCHEME.match(url)
    return match[0].lower() if match else "file"


def mask_url(url: str) -> str:
    """The URL as it may be logged and shown: the login and every value that looks like a secret are `***`.

    Works on what is no proper URL too, and rather hides too much: people paste passwords with @, / and ?.
    """
    if scheme_of(url) == "exec":  # nobody knows which of a command's words are secret
        program, *arguments = url.split(maxsplit=1)
        return f"{program} ***" if arguments else program
    before, separator, rest = url.partition("://")
    if separator:
        rest = _without_login(rest)
    return _SECRET_VALUE.sub(r"\1***", before + separator + rest)


def mask_text(text: str) -> str:
    """What a program wrote, with every URL in it masked."""
    return _URL_IN_TEXT.sub(lambda match: mask_url(match[0]), text)


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
            case "exec":
                parse_exec(url)
            case "file":
                parse_file(url)
            case "mqtt" | "push":
                parse_pushed(url)
            case "v4l2":
                parse_v4l2(url)
            case "http" | "https" | "rtsp" | "rtsps":
                return _check_network(url)
            case scheme:
                return unknown_scheme(scheme)
    except ValueError as error:
        return str(error)
    return None


def missing_file(url: str) -> str | None:
    """The sentence for a `file:` camera of which nothing is on this machine; None for every other camera."""
    path = parse_file(url).path if scheme_of(url) == "file" else None
    if path is None:
        return None
    try:
        pictures = picture_files(path)
    except OSError:  # the camera says it better
        return None
    if pictures or (pictures is None and path.is_file()):
        return None
    if pictures is None:
        return f'there is no file "{path}"; give the path of a video or of pictures that capture can see'
    what = "folder" if path.is_dir() else "pattern"
    return f'the {what} "{path}" holds no pictures; put JPEG or PNG files there, or name a video file'


def unknown_scheme(scheme: str) -> str:
    *most, last = (f"{known}:" for known in KNOWN_SCHEMES)
    return f'there is no camera of the kind "{scheme}:"; use {", ".join(most)} or {last}'


def parse_demo(url: str) -> DemoUrl:
    """Takes a `demo:` URL apart; raises ValueError with a sentence."""
    split = urlsplit(url)
    if split.netloc or split.path:
        raise ValueError('write a demo camera as "demo:" or with options as "demo:?seed=2&fps=10"')
    given = options(split, ("seed", "size", "fps", "activity"))
    width, height = size(given.get("size", "1280x720"))
    return DemoUrl(
        seed=int(number("seed", given.get("seed", "1"), 0, 2**31, whole=True)),
        width=width,
        height=height,
        fps=number("fps", given.get("fps", "15"), 0.1, 60),
        activity=cast("Activity", choice("activity", given, ("normal", "none", "calm", "busy"))),
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
    given = options(split, ("loop", "speed", "fps"))
    return FileUrl(
        path=Path(unquote(split.path)),
        loop=choice("loop", given, ("1", "once")) == "1",
        fast=choice("speed", given, ("realtime", "fast")) == "fast",
        fps=number("fps", given["fps"], 0.001, 120) if "fps" in given else 0.0,
    )


def parse_v4l2(url: str) -> V4l2Url:
    """Takes a `v4l2:` URL apart; raises ValueError with a sentence."""
    split = urlsplit(url)
    if split.netloc or not split.path.startswith("/"):
        raise ValueError('write a USB camera as "v4l2:/dev/video0", with options behind a question mark')
    given = options(split, ("width", "height", "fps"))
    return V4l2Url(
        device=Path(unquote(split.path)),
        width=int(number("width", given["width"], 16, 16384, whole=True)) if "width" in given else 0,
        height=int(number("height", given["height"], 16, 16384, whole=True)) if "height" in given else 0,
        fps=number("fps", given["fps"], 0.1, 240) if "fps" in given else 0.0,
    )


def parse_exec(url: str) -> list[str]:
    """The words of an `exec:` command, quoted as in a shell; raises ValueError with a sentence."""
    command = url.partition(":")[2]
    try:
        words = shlex.split(command)
    except ValueError:
        raise ValueError("the command of the exec: camera has a quote without its partner") from None
    if not words:
        raise ValueError('write a program that gives JPEGs as "exec:rpicam-vid -t 0 --codec mjpeg -o -"')
    return words


def check_command(command: str) -> str | None:
    """What is wrong with a command that we are to run, as one sentence; None where it is fine or empty."""
    try:
        shlex.split(command)
    except ValueError:
        return "the command has a quote without its partner"
    return None


def parse_pushed(url: str) -> str:
    """The topic of an `mqtt:` camera, empty for `push:`; raises ValueError with a sentence."""
    scheme, topic = scheme_of(url), url.partition(":")[2]
    if scheme == "push":
        if topic:
            raise ValueError('write a camera that sends its pictures itself as "push:", with nothing behind')
        return ""
    if not topic or topic.startswith("//") or set(topic) & set("+#\0") or len(topic.encode()) > 65_535:
        raise ValueError(
            'write an mqtt: camera with its topic alone, such as "mqtt:nightjar-devices/garage": '
            "no wildcard, and no broker, which is the one of mqtt.url"
        )
    return topic


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
