"""What all JSON messages share: times in UTC with microseconds, unknown fields ignored on arrival."""

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    PlainSerializer,
    StringConstraints,
)


def iso(time: datetime) -> str:
    """ISO 8601 in UTC, always with microseconds: `2026-11-20T08:30:12.000000Z`."""
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _shortened(text: Any) -> Any:
    return f"{text[: SENTENCE - 1]}…" if isinstance(text, str) and len(text) > SENTENCE else text


#: Characters of a sentence that comes from elsewhere, so that a message with many of them stays small.
SENTENCE = 100

Time = Annotated[AwareDatetime, PlainSerializer(iso, return_type=str, when_used="json")]
CameraName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")]
EventId = Annotated[str, StringConstraints(pattern=r"^\d{8}T\d{6}Z-[0-9a-f]{4,16}$")]
Sentence = Annotated[str, BeforeValidator(_shortened), StringConstraints(max_length=SENTENCE)]
Session = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{16}$")]


class Message(BaseModel):
    """A message on the wire; frozen, so that what was received stays what it was.

    The words of what was read are not kept to be found again: ids and times never come twice, and pydantic
    would have 16 384 of them, a megabyte that takes hours to fill.
    """

    model_config = ConfigDict(extra="ignore", frozen=True, cache_strings="keys")

    def payload(self) -> bytes:
        return self.model_dump_json(exclude_none=True).encode()


class Aliased(Message):
    """A message whose JSON uses words that Python keeps for itself, such as `from`."""

    model_config = ConfigDict(populate_by_name=True, serialize_by_alias=True)
