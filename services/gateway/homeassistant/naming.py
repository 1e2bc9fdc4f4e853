"""How our devices and entities are called in Home Assistant: the same at every start, from every replica."""

import re
from dataclasses import dataclass

from services.contract.topics import Topics

#: The device that stands for all of Nightjar; a camera's name is never empty.
WHOLE = ""


@dataclass(frozen=True, slots=True)
class Names:
    """The names of one device: a camera's, or that of `WHOLE`."""

    topics: Topics
    camera: str = WHOLE

    @property
    def device(self) -> str:
        """In discovery's topics, where a name is made of letters, digits, `_` and `-`."""
        return f"{self.topics.prefix}_{self.camera}" if self.camera else self.topics.prefix

    @property
    def identifier(self) -> str:
        """In the device registry; the slash tells two Nightjars on one broker apart, whatever their names."""
        return f"{self.topics.prefix}/{self.camera}"

    def unique(self, key: str) -> str:
        return f"{self.identifier}/{key}"

    def entity(self, platform: str, key: str) -> str:
        """The entity's id as long as nobody has changed it: `binary_sensor.door_motion`."""
        name = self.camera or self.topics.prefix
        return f"{platform}.{_slug(f'{name}_{key}' if key else name)}"


def is_ours(identifier: object, topics: Topics) -> bool:
    return isinstance(identifier, str) and identifier.startswith(f"{topics.prefix}/")


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_")
