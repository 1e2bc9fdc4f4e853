"""The options behind a URL's question mark: taken apart, and every mistake one sentence."""

import re
from urllib.parse import SplitResult, parse_qsl


def options(split: SplitResult, known: tuple[str, ...]) -> dict[str, str]:
    """The options as they were written. Raises ValueError for one that is not known."""
    given = dict(parse_qsl(split.query, keep_blank_values=True))
    for name in given:
        if name not in known:
            raise ValueError(f'a {split.scheme}: camera has no option "{name}"; it has {", ".join(known)}')
    return given


def choice(name: str, given: dict[str, str], allowed: tuple[str, ...]) -> str:
    """One of the allowed values; the first is the default."""
    value = given.get(name, allowed[0])
    if value not in allowed:
        raise ValueError(f'"{name}={value}" is not known; use {", ".join(allowed[:-1])} or {allowed[-1]}')
    return value


def number(name: str, text: str, least: float, most: float, *, whole: bool = False) -> float:
    """The number in the text, within its bounds."""
    try:
        value = int(text) if whole else float(text)
    except ValueError:
        value = None
    if value is None or not least <= value <= most:
        raise ValueError(f'"{name}={text}" is no number from {least:g} to {most:g}')
    return value


def size(text: str) -> tuple[int, int]:
    """`(width, height)` of a picture that is written as 1280x720."""
    match = re.fullmatch(r"(\d{1,5})x(\d{1,5})", text)
    width, height = (int(match[1]), int(match[2])) if match else (0, 0)
    if not (320 <= width <= 3840 and 180 <= height <= 2160):
        raise ValueError(f'"size={text}" is no size from 320x180 to 3840x2160, such as 1280x720')
    return width, height
