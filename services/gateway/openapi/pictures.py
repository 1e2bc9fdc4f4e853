"""Live pictures as the API describes them; their hot path has nothing of that in it."""

from pydantic import BaseModel, Field

from services.gateway.openapi.describe import JPEG, MJPEG, Endpoint

BUSY = {503: "no picture of it, or too many viewers; Retry-After"}
TAG = "Live"


class StreamAsked(BaseModel):
    """How a live stream is to be."""

    fps: float | None = Field(None, ge=0.01, le=1000, description="at most so many pictures a second")
    repeat: int | None = Field(None, ge=0, le=1, description="1: for pages in Chromium")


SEVERAL = {404: "there are several cameras"}


def _stream(words: str, also: dict[int, str] = BUSY) -> Endpoint:
    return Endpoint(words, TAG, MJPEG, 200, query=StreamAsked, also={400: "the query is none", **also})


def _picture(words: str, also: dict[int, str] = BUSY) -> Endpoint:
    return Endpoint(words, TAG, JPEG, 200, also=also)


PICTURES = {
    "/cameras/{camera}/stream.mjpeg": _stream("Live, as Motion JPEG, until the connection ends"),
    "/cameras/{camera}/snapshot.jpg": _picture("The newest picture"),
    "/cameras/{camera}/preview.jpg": _picture("A small picture, at most a second old"),
    "/stream.jpg": _stream("Live, where there is one camera", BUSY | SEVERAL),
    "/snapshot.jpg": _picture("The newest picture, where there is one camera", BUSY | SEVERAL),
}
