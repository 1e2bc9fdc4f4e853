"""Filters match what the standard says."""

import random

import pytest

from services.runtime.broker.filters import FilterTree, is_filter, is_topic, matches, overlap

MATCHING = [
    ("a/b", "a/b"),
    ("a/+", "a/b"),
    ("+/b", "a/b"),
    ("+/+", "/b"),
    ("/+", "/b"),
    ("#", "a/b/c"),
    ("a/#", "a"),
    ("a/#", "a/b/c"),
    ("a/+/c", "a//c"),
    ("$SYS/#", "$SYS/x"),
]
NOT_MATCHING = [
    ("a/b", "a/c"),
    ("a/+", "a"),
    ("a/+", "a/b/c"),
    ("+", "/a"),
    ("a/#", "ab"),
    ("A/b", "a/b"),
    ("#", "$SYS/x"),
    ("+/x", "$SYS/x"),
]


@pytest.mark.parametrize(("pattern", "topic"), MATCHING)
def test_what_matches(pattern: str, topic: str) -> None:
    assert matches(pattern, topic)
    assert found(pattern, topic)


@pytest.mark.parametrize(("pattern", "topic"), NOT_MATCHING)
def test_what_does_not_match(pattern: str, topic: str) -> None:
    assert not matches(pattern, topic)
    assert not found(pattern, topic)


def found(pattern: str, topic: str) -> bool:
    tree: FilterTree[str, int] = FilterTree()
    tree.add(pattern, "owner", 1)
    return list(tree.match(topic)) == [("owner", 1)]


@pytest.mark.parametrize("pattern", ["", "a#", "#/a", "a/#/b", "a+", "+a/b", "a/b#", "/".join("a" * 300)])
def test_what_is_no_filter(pattern: str) -> None:
    assert not is_filter(pattern)


@pytest.mark.parametrize("topic", ["", "a/+", "#", "a/#", "a+b", "/".join("a" * 300)])
def test_what_is_no_topic(topic: str) -> None:
    assert not is_topic(topic)


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ("a/#", "a/b/c", True),
        ("#", "a/+/c", True),
        ("a/+", "+/b", True),
        ("a/+", "a/b/#", True),
        ("a/b", "a/b/#", True),
        ("a/b", "a/c", False),
        ("a/+", "a/b/c", False),
        ("a/b", "a/b/+", False),
        ("#", "$SYS/#", False),
    ],
)
def test_two_filters_overlap_where_a_topic_could_match_both(a: str, b: str, expected: bool) -> None:
    assert overlap(a, b) is expected
    assert overlap(b, a) is expected


def test_the_tree_finds_what_matching_one_by_one_finds() -> None:
    chance = random.Random(3)
    patterns = {"/".join(chance.choices("ab+", k=chance.randint(1, 4))) for _ in range(80)}
    patterns |= {f"{p}/#" for p in chance.sample(sorted(patterns), 20)}
    tree: FilterTree[str, str] = FilterTree()
    for pattern in patterns:
        tree.add(pattern, "owner of " + pattern, pattern)
    for gone in chance.sample(sorted(patterns), 30):
        tree.remove(gone, "owner of " + gone)
        patterns.discard(gone)
    for _ in range(200):
        topic = "/".join(chance.choices("abc", k=chance.randint(1, 5)))
        assert sorted(p for _, p in tree.match(topic)) == sorted(p for p in patterns if matches(p, topic))


def test_a_tree_that_was_emptied_holds_nothing() -> None:
    tree: FilterTree[str, int] = FilterTree()
    tree.add("a/b/c", "x", 1)
    tree.add("a/b", "y", 1)
    tree.remove("a/b/c", "x")
    tree.remove("a/b", "y")
    tree.remove("a/b", "nobody")
    assert not tree._root.children
