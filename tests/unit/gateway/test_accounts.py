import pytest
from pydantic import ValidationError

from services.contract.settings import GatewaySettings
from services.gateway.access.caller import Caller, Scope, needed, needs
from services.runtime.errors import UserError
from tests.unit.gateway.accounts import HASH, accounts


@pytest.mark.parametrize(
    ("password_hash", "sentence"),
    [
        (
            "",
            "gateway.password_hash is empty, so nobody could log in: compose's secrets service and "
            "'nightjar' make the admin's by themselves; elsewhere write there what 'nightjar user add' "
            "prints",
        ),
        (
            "secret",
            "gateway.password_hash is no Argon2 hash, which begins with $argon2id$: "
            "write it in single quotes, and $$ for each $ in a compose file",
        ),
    ],
)
def test_a_hash_that_lets_nobody_in_is_the_users_mistake(password_hash: str, sentence: str) -> None:
    with pytest.raises(UserError) as caught:
        accounts(password_hash).check()
    assert str(caught.value) == sentence


def test_a_user_whom_a_hash_would_not_let_in_is_a_mistake_in_the_configuration() -> None:
    for wrong in ("", "secret", HASH.replace("$", "$$"), HASH.rpartition("$")[0]):
        with pytest.raises(ValidationError, match=r"users\.anna\.password_hash\n.*is no Argon2 hash"):
            accounts(anna=wrong)


def test_real_hashes_are_fine() -> None:
    accounts(anna=HASH).check()


def test_users_come_and_go_and_the_admin_stays() -> None:
    ours = accounts(anna=HASH)
    users = {"bert": {"password_hash": HASH, "role": "admin"}}
    changed = GatewaySettings.model_validate({"user": "owner", "users": {"admin": users["bert"], **users}})
    ours.take(changed)
    assert list(ours) == [("admin", Scope.ADMIN), ("bert", Scope.ADMIN)]
    assert ours.scope_of("anna") is None
    assert ours.still_has(("admin", HASH))
    assert not ours.still_has(("anna", HASH))


def test_the_admin_may_get_another_password_but_is_never_shut_out() -> None:
    ours, other = accounts(), HASH[:-1] + ("A" if HASH[-1] != "A" else "B")
    ours.take(GatewaySettings.model_validate({"password_hash": other}))
    ours.take(GatewaySettings.model_validate({"password_hash": "half of a fil"}))
    assert ours.still_has(("admin", other))
    assert not ours.still_has(("admin", HASH))


def test_the_admin_changes_things_and_a_viewer_looks() -> None:
    ours = accounts(anna=HASH)
    assert list(ours) == [("admin", Scope.ADMIN), ("anna", Scope.VIEW)]
    assert ours.scope_of("nobody") is None


def test_nobody_is_there_twice() -> None:
    with pytest.raises(ValidationError, match="has the user admin twice"):
        GatewaySettings.model_validate({"users": {"admin": {"password_hash": HASH}}})


def test_a_seal_changes_with_the_password_and_a_stranger_has_none() -> None:
    before, after = accounts(anna=HASH), accounts(anna=HASH + "x")
    assert before.seal("anna", "key") != after.seal("anna", "key")
    assert before.seal("admin", "key") == after.seal("admin", "key")
    assert before.seal("nobody", "key") == ""


def test_an_admin_may_everything_and_a_device_sees_nothing() -> None:
    opens = {scope: {need for need in Scope if Caller("x", scope).may(need)} for scope in Scope}
    assert opens == {Scope.VIEW: {Scope.VIEW}, Scope.INGEST: {Scope.INGEST}, Scope.ADMIN: set(Scope)}


def test_what_says_nothing_else_needs_an_admin_to_change_and_a_viewer_to_read() -> None:
    @needs(Scope.INGEST)
    def marked() -> None: ...

    def plain() -> None: ...

    assert (needed(plain, reads=True), needed(plain, reads=False)) == (Scope.VIEW, Scope.ADMIN)
    assert needed(marked, reads=False) is Scope.INGEST
