"""No key leads out of a store."""

import pytest

from services.store import StoreRejected
from services.store.checks import check_key, check_prefix


@pytest.mark.parametrize("key", ["a", "a/b.jpg", "a b/ü.jpg", "…/x", ".hidden", "a..b", "n" * 255])
def test_plain_keys_are_taken(key: str) -> None:
    check_key(key)


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        ("", "it has an empty part"),
        ("/etc/passwd", "it has an empty part"),
        ("a//b", "it has an empty part"),
        ("a/", "it has an empty part"),
        ("../a", "it leads out of its folder"),
        ("a/..", "it leads out of its folder"),
        ("a/./b", "it leads out of its folder"),
        ("a/.~b", "a part begins with .~"),
        ("a\x00b", "it has characters that are no text"),
        ("a\nb", "it has characters that are no text"),
        ("a\\..\\b", "it has characters that are no text"),
        ("a\ud800", "it has characters that are no text"),
        ("n" * 256, "it is too long"),
        ("n/" * 450 + "n", "it is too long"),
    ],
)
def test_other_keys_are_rejected_with_their_reason(key: str, reason: str) -> None:
    with pytest.raises(StoreRejected) as caught:
        check_key(key)
    assert str(caught.value).endswith(f"is no key for an object: {reason}")


@pytest.mark.parametrize("prefix", ["", "a", "a/", "a/b", "a/b/"])
def test_a_prefix_may_end_anywhere(prefix: str) -> None:
    check_prefix(prefix)


@pytest.mark.parametrize("prefix", ["/", "/a", "a//", "../", "..", "a/../b"])
def test_other_prefixes_are_rejected(prefix: str) -> None:
    with pytest.raises(StoreRejected, match="begins no object's key"):
        check_prefix(prefix)
