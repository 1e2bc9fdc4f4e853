"""One file of password hashes serves mosquitto and our own broker."""

import base64

import pytest

from services.runtime.broker.passwords import (
    hash_mosquitto_password,
    parse_passwords,
    remembering,
    verify_mosquitto_password,
)

# Written by mosquitto_passwd 2.0.21 for the user `u` with the password `pw`.
THEIRS = (
    "u:$7$101$MaLR5VfIA8hTOvZ2$"
    "Zf0BSTIbrnRwBx6otTocBwdcgnw2nuMvZsdifhrFh9uov+9yiNqDHc1DzCIjdJh+w6ALLKfzrE2njae26oL4Iw=="
)


def test_a_hash_of_mosquittos_own_is_verified() -> None:
    assert verify_mosquitto_password(THEIRS, "pw")
    assert verify_mosquitto_password(THEIRS.removeprefix("u:"), b"pw")
    assert not verify_mosquitto_password(THEIRS, "pW")
    assert not verify_mosquitto_password(THEIRS, "")


def test_a_hash_of_ours_is_the_one_that_mosquitto_writes() -> None:
    _, _, iterations, salt, _ = THEIRS.split("$")
    assert hash_mosquitto_password("pw", base64.b64decode(salt), int(iterations)) == THEIRS.partition(":")[2]


@pytest.mark.parametrize(
    "line", ["", "u:", "plain", "$6$101$AAAA$AAAA", "$7$x$AAAA$AAAA", "$7$101$AAAA$AAAA", "$7$0$AAAA$AAAA"]
)
def test_what_is_no_such_hash_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match="hash"):
        verify_mosquitto_password(line, "pw")


def test_a_password_file_is_read_by_user() -> None:
    hashed = THEIRS.partition(":")[2]
    assert parse_passwords(f"# ours\n{THEIRS}\n\nv:{hashed}\n") == {"u": hashed, "v": hashed}


def test_a_wrong_line_of_a_password_file_is_named_and_not_shown() -> None:
    with pytest.raises(ValueError, match="line 2 of the password file") as refused:
        parse_passwords(f"{THEIRS}\nv:hunter2\n")
    assert "hunter2" not in str(refused.value)


def test_a_password_that_was_right_is_not_hashed_again() -> None:
    asked: list[bytes] = []

    def check(password: bytes) -> bool:
        asked.append(password)
        return password == b"right"

    quick = remembering(check)
    assert [quick(p) for p in (b"right", b"wrong", b"right", b"")] == [True, False, True, False]
    assert asked == [b"right", b"wrong", b""]
