"""What a handler says of itself: what it takes and what it answers."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pydantic import BaseModel

F = TypeVar("F", bound=Callable[..., object])

JSON, JPEG, MP4, ZIP, SSE, MJPEG = (
    "application/json",
    "image/jpeg",
    "video/mp4",
    "application/zip",
    "text/event-stream",
    "multipart/x-mixed-replace",
)


#: Of everything that reads the archive.
AWAY = {503: "the archive is away"}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One operation of the API."""

    summary: str
    tag: str
    answer: type[BaseModel] | str | None  # a model, a media type, or nothing
    status: int
    body: Any = None  # a model, or whatever pydantic makes a schema of
    media: str = JSON  # of the body
    query: type[BaseModel] | None = None
    also: Mapping[int, str] = field(default_factory=dict)  # other statuses, and when


def describes(
    summary: str,
    *,
    tag: str,
    answer: type[BaseModel] | str | None = None,
    status: int = 200,
    **more: Any,
) -> Callable[[F], F]:
    """Makes a handler part of the documented API."""

    def mark(handler: F) -> F:
        handler.__dict__["endpoint"] = Endpoint(summary, tag, answer, status, **more)
        return handler

    return mark


def endpoint_of(handler: object) -> Endpoint | None:
    found = getattr(handler, "endpoint", None)
    return found if isinstance(found, Endpoint) else None
