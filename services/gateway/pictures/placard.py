"""The picture that says that there is none, and when it said so."""

import io
from datetime import datetime, tzinfo
from functools import cache, lru_cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

STATIC = Path(__file__).parent.parent / "static"
QUALITY = 85
#: Where the time stands in a picture of 1280x720, below its words, and how large.
PLACE, HEIGHT, COLOUR = (640, 560), 36, (166, 178, 194)


def placard(now: datetime) -> bytes:
    """A JPEG of 1280x720, with the day and the time of the server's time zone (`TZ`) on it."""
    return _drawn(words(now))


def words(now: datetime, zone: tzinfo | None = None) -> str:
    """`Thu 26 Nov 2026, 02:42:14`: where clocks are read, so that nobody takes an old one for new."""
    there = now.astimezone(zone)
    return f"{there:%a} {there.day} {there:%b %Y, %H:%M:%S}"


@lru_cache(maxsize=4)  # of all cameras that have none in the same second
def _drawn(text: str) -> bytes:
    image = _blank().copy()
    ImageDraw.Draw(image).text(PLACE, text, COLOUR, font=_font(), anchor="mm")
    out = io.BytesIO()
    image.save(out, "JPEG", quality=QUALITY)
    return out.getvalue()


@cache
def _blank() -> Image.Image:
    with Image.open(STATIC / "no-picture.jpg") as image:
        return image.convert("RGB")


@cache
def _font() -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(HEIGHT)
