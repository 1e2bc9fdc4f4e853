"""Topic names and topic filters: what is valid, what matches what, and who subscribed to what."""

from collections.abc import Iterator
from typing import Generic, TypeVar

MAX_LEVELS = 200  # as mosquitto; a deeper topic costs memory per level


def is_topic(topic: str) -> bool:
    """Whether a message can be published to it (no wildcards)."""
    return bool(topic) and "+" not in topic and "#" not in topic and topic.count("/") < MAX_LEVELS


def is_filter(pattern: str) -> bool:
    """Whether it can be subscribed to: `+` alone on its level, `#` alone on the last."""
    if not pattern or pattern.count("/") >= MAX_LEVELS:
        return False
    levels = pattern.split("/")
    if any(len(level) > 1 and ("+" in level or "#" in level) for level in levels):
        return False
    return "#" not in levels[:-1]


def matches(pattern: str, topic: str) -> bool:
    """Whether a valid filter matches a topic; a leading wildcard does not match `$…` topics."""
    if topic.startswith("$") != pattern.startswith("$"):
        return False
    wanted, given = pattern.split("/"), topic.split("/")
    for n, level in enumerate(wanted):
        if level == "#":
            return True
        if n >= len(given) or level not in ("+", given[n]):
            return False
    return len(wanted) == len(given)


def overlap(a: str, b: str) -> bool:
    """Whether some topic matches both filters."""
    if a.startswith("$") != b.startswith("$"):
        return False
    left, right = a.split("/"), b.split("/")
    for x, y in zip(left, right, strict=False):
        if "#" in (x, y):
            return True
        if x != y and "+" not in (x, y):
            return False
    longer = left[len(right) :] or right[len(left) :]
    return not longer or longer == ["#"]


K = TypeVar("K")
V = TypeVar("V")


class _Node(Generic[K, V]):
    __slots__ = ("children", "values")

    def __init__(self) -> None:
        self.children: dict[str, _Node[K, V]] = {}
        self.values: dict[K, V] = {}


class FilterTree(Generic[K, V]):
    """Values by filter and owner, found by topic without looking at the filters that do not match."""

    def __init__(self) -> None:
        self._root: _Node[K, V] = _Node()

    def add(self, pattern: str, owner: K, value: V) -> None:
        node = self._root
        for level in pattern.split("/"):
            node = node.children.setdefault(level, _Node())
        node.values[owner] = value

    def remove(self, pattern: str, owner: K) -> None:
        """Forgets the owner's value and the levels that nobody needs any more."""
        path = [self._root]
        levels = pattern.split("/")
        for level in levels:
            child = path[-1].children.get(level)
            if child is None:
                return
            path.append(child)
        path[-1].values.pop(owner, None)
        for parent, level, node in reversed(list(zip(path, levels, path[1:], strict=False))):
            if node.children or node.values:
                return
            del parent.children[level]

    def match(self, topic: str) -> Iterator[tuple[K, V]]:
        """Every owner and value whose filter matches the topic."""
        levels = topic.split("/")
        wild = not topic.startswith("$")
        nodes = [self._root]
        for depth, level in enumerate(levels):
            found = []
            for node in nodes:
                if wild or depth:
                    if (rest := node.children.get("#")) is not None:
                        yield from rest.values.items()
                    if (any_ := node.children.get("+")) is not None:
                        found.append(any_)
                if (child := node.children.get(level)) is not None:
                    found.append(child)
            nodes = found
        for node in nodes:
            yield from node.values.items()
            if (rest := node.children.get("#")) is not None:
                yield from rest.values.items()
