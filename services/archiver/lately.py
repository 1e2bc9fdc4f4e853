"""What is remembered of the events that were dealt with last."""

from typing import Generic, TypeVar

V = TypeVar("V")


class Lately(Generic[V]):
    """At most so many events; who was put in first goes first. Not thread-safe.

    By one string each: a tuple of two and an ordered dict's links would take twice as much as what is kept.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._values: dict[str, V] = {}

    def __contains__(self, key: tuple[str, str]) -> bool:
        return "/".join(key) in self._values

    def get(self, camera: str, event: str) -> V | None:
        return self._values.get(f"{camera}/{event}")

    def put(self, camera: str, event: str, value: V) -> None:
        """It is the newest now, also where it was there before."""
        key = f"{camera}/{event}"
        self._values.pop(key, None)
        self._values[key] = value
        while len(self._values) > self._most:
            del self._values[next(iter(self._values))]
