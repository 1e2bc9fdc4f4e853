"""Reads YAML so that every value knows its line, and every duplicate key is a mistake."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

Path = tuple[str, ...]

_VARIABLE = re.compile(r"\$(?:\$|\{(\w+)(?::-([^}]*))?\})")


class NoYaml(Exception):
    """The text is no YAML; `line` where that is known."""

    def __init__(self, sentence: str, line: int | None = None) -> None:
        super().__init__(sentence)
        self.line = line


@dataclass(slots=True)
class Source:
    """A file's content as plain values, the line of each key, and what is wrong with it."""

    values: dict[str, Any] = field(default_factory=dict)
    lines: dict[Path, int] = field(default_factory=dict)
    problems: list[tuple[Path, str]] = field(default_factory=list)


def read(text: str, environ: Mapping[str, str]) -> Source:
    """Parses the text and fills in `${NAME}` and `${NAME:-default}`; `$$` is a dollar sign.

    Raises NoYaml where it is none.
    """
    try:
        return _read(text, environ)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else None
        hint = "; put quotes around a value that has a colon in it" if "mapping values" in str(error) else ""
        raise NoYaml(f"{error.problem}{hint}", line) from None
    except yaml.YAMLError:  # characters that no text has
        raise NoYaml("it holds bytes that are no text") from None
    except RecursionError:
        raise NoYaml("it refers to itself") from None


def _read(text: str, environ: Mapping[str, str]) -> Source:
    source = Source()
    loader = yaml.SafeLoader(text)
    try:
        node = loader.get_single_node()
        if node is None:
            return source
        if not isinstance(node, yaml.MappingNode):
            source.problems.append(((), "the file must hold settings, each as `name: value`"))
            return source
        source.values = _Reader(loader, source, environ).mapping(node, ())
    finally:
        loader.dispose()
    return source


class _Reader:
    def __init__(self, loader: yaml.SafeLoader, source: Source, environ: Mapping[str, str]) -> None:
        self._loader = loader
        self._source = source
        self._environ = environ
        self._merged: set[int] = set()

    def mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, Any]:
        own = {id(key_node) for key_node, _ in node.value}
        self._loader.flatten_mapping(node)  # what is merged in with `<<` comes first, and may be overridden
        self._merged |= {id(key_node) for key_node, _ in node.value} - own
        found: dict[str, Any] = {}
        seen: dict[str, int] = {}
        for key_node, value_node in node.value:
            key = str(self._loader.construct_object(key_node, deep=True))
            here = (*path, key)
            line = self._source.lines[here] = key_node.start_mark.line + 1
            if key in seen:
                self._source.problems.append((here, f"is there twice, first in line {seen[key]}; keep one"))
            if id(key_node) not in self._merged:
                seen[key] = line
            found[key] = self._value(value_node, here)
        return found

    def _value(self, node: yaml.Node, path: Path) -> Any:
        if isinstance(node, yaml.MappingNode):
            return self.mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            values = []
            for number, child in enumerate(node.value):
                here = (*path, str(number))
                self._source.lines[here] = child.start_mark.line + 1
                values.append(self._value(child, here))
            return values
        try:
            value = self._loader.construct_object(node, deep=True)
        except ValueError:  # what looks like a date and is none
            value = node.value
        return self._filled_in(value, path) if isinstance(value, str) else value

    def _filled_in(self, text: str, path: Path) -> str:
        def value_of(match: re.Match[str]) -> str:
            name, default = match.group(1), match.group(2)
            if name is None:
                return "$"
            value = self._environ.get(name, default)
            if value is None:
                self._source.problems.append(
                    (path, f"needs the environment variable {name}, which is not set")
                )
            return value or ""

        return _VARIABLE.sub(value_of, text)
