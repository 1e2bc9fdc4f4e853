"""What a viewer asks for in the address: `?fps=`, `?width=`, `?max_age=` and `?repeat=1`."""

from collections.abc import Mapping
from dataclasses import dataclass

from aiohttp import web

NARROWEST, WIDEST = 16, 7680


@dataclass(frozen=True, slots=True)
class Wishes:
    """How a viewer wants its pictures; 0 is as they come."""

    interval_s: float = 0.0
    width: int = 0
    max_age_s: float = 0.0
    repeats: bool = False


def wishes(query: Mapping[str, str]) -> Wishes:
    """Raises 400 with a sentence where a number cannot be."""
    fps = _number(query, "fps", 0.01, 1000, "?fps=2")
    return Wishes(
        interval_s=1 / fps if fps else 0.0,
        width=width(query),
        max_age_s=max_age_s(query),
        repeats=query.get("repeat") == "1",
    )


def width(query: Mapping[str, str]) -> int:
    """Pixels; 0 where nothing is asked for."""
    wanted = _number(query, "width", NARROWEST, WIDEST, "?width=640")
    if wanted != int(wanted):
        raise web.HTTPBadRequest(text="width is a whole number of pixels, such as ?width=640")
    return int(wanted)


def max_age_s(query: Mapping[str, str]) -> float:
    """Seconds; 0 where nothing is asked for."""
    return _number(query, "max_age", 0.01, 86400, "?max_age=1.5")


def _number(query: Mapping[str, str], name: str, least: float, most: float, example: str) -> float:
    text = query.get(name)
    if text is None:
        return 0.0
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not least <= value <= most:
        raise web.HTTPBadRequest(text=f"{name} is a number from {least:g} to {most:g}, such as {example}")
    return value
