"""Rules mean what they mean in mosquitto's ACL file."""

import pytest

from services.runtime.broker.acl import EVERYONE, Rights, Rule, parse_acl

FILE = """
# people
topic read public/#
user anna
topic readwrite home/#
topic deny home/secret
topic read the news/+
topic odd

user bert
pattern write device/%c/#
pattern read user/%u
"""


def test_an_acl_file_is_read_as_mosquitto_reads_it() -> None:
    patterns = (Rule("write", "device/%c/#", True), Rule("read", "user/%u", True))
    assert parse_acl(FILE) == {
        EVERYONE: patterns,
        "anna": (
            Rule("readwrite", "home/#"),
            Rule("deny", "home/secret"),
            Rule("read", "the news/+"),
            Rule("readwrite", "odd"),
            *patterns,
        ),
        "bert": patterns,
    }


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("user a\ntopics a/#", "line 2 of the ACL is none of"),
        ("user", "line 1 of the ACL is none of"),
        ("user a\n\ntopic read a/#/b", "line 3 of the ACL: 'a/#/b' is no topic filter"),
    ],
)
def test_a_line_that_is_wrong_is_named(text: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        parse_acl(text)


def test_reading_and_writing_are_two_rights() -> None:
    rights = Rights((Rule("read", "a/#"), Rule("write", "b"), Rule("readwrite", "c")), "u", "id")
    assert [rights.may_read(t) for t in ("a/x", "b", "c", "d")] == [True, False, True, False]
    assert [rights.may_write(t) for t in ("a/x", "b", "c", "d")] == [False, True, True, False]


def test_a_deny_wins_wherever_it_stands() -> None:
    rights = Rights((Rule("readwrite", "a/#"), Rule("deny", "a/secret/#")), "u", "id")
    assert rights.may_read("a/open")
    assert not rights.may_read("a/secret/x")
    assert not rights.may_write("a/secret")


def test_without_rules_nothing_is_allowed() -> None:
    rights = Rights((), "u", "id")
    assert not rights.may_read("a")
    assert not rights.may_write("a")
    assert not rights.may_subscribe("#")


def test_patterns_are_filled_in_with_the_user_and_the_client_id() -> None:
    rights = Rights((Rule("write", "dev/%c/#", True), Rule("read", "to/%u", True)), "anna", "cam")
    assert rights.may_write("dev/cam/x")
    assert not rights.may_write("dev/other/x")
    assert rights.may_read("to/anna")


@pytest.mark.parametrize("client_id", ["+", "#", "cam/x", ""])
def test_a_client_id_cannot_widen_a_pattern(client_id: str) -> None:
    rights = Rights((Rule("readwrite", "dev/%c/x", True),), "anna", client_id)
    assert not rights.may_read("dev/other/x")
    assert not rights.may_write("dev/cam/x/x")


def test_a_pattern_mark_in_a_plain_rule_is_only_text() -> None:
    assert Rights((Rule("read", "dev/%c"),), "u", "cam").may_read("dev/%c")


def test_a_subscription_is_denied_only_where_nothing_of_it_could_be_read() -> None:
    rights = Rights((Rule("read", "a/b/#"), Rule("write", "w"), Rule("deny", "a/b/c")), "u", "id")
    assert [rights.may_subscribe(f) for f in ("#", "a/#", "a/+/c", "w", "b/#", "a/b/c")] == [
        True,
        True,
        True,
        False,
        False,
        False,
    ]


def test_topics_made_up_without_end_are_not_remembered_without_end() -> None:
    rights = Rights((Rule("write", "#"),), "u", "id")
    assert all(rights.may_write(f"t/{n}") for n in range(10_000))
    assert len(rights._remembered) < 5_000
