from services.gateway.access.sessions import Sessions, is_token_of


class Clock:
    now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


def sessions(clock: Clock, key: str = "key", password_hash: str = "hash") -> Sessions:
    return Sessions(key, password_hash, hours=2, now=clock)


def test_a_cookie_brings_its_session_back_over_a_restart() -> None:
    clock = Clock()
    before = sessions(clock)
    session = before.begin("admin")
    assert sessions(clock).read(before.write(session)) == session


def test_a_session_ends_with_its_hours() -> None:
    clock = Clock()
    ours = sessions(clock)
    cookie = ours.write(ours.begin("admin"))
    clock.now += 2 * 3600 - 1
    assert ours.read(cookie) is not None
    clock.now += 1
    assert ours.read(cookie) is None


def test_a_cookie_that_was_changed_or_signed_by_somebody_else_is_worth_nothing() -> None:
    clock = Clock()
    ours = sessions(clock)
    cookie = ours.write(ours.begin("admin"))
    forged = sessions(clock, key="guessed").write(ours.begin("admin"))
    assert [ours.read(value) for value in ("", "x", cookie[:-1], f"x{cookie}", forged)] == [None] * 5


def test_a_new_password_ends_all_sessions() -> None:
    clock = Clock()
    ours = sessions(clock)
    cookie = ours.write(ours.begin("admin"))
    assert sessions(clock, password_hash="another").read(cookie) is None


def test_without_a_key_each_start_has_its_own() -> None:
    clock = Clock()
    ours = sessions(clock, key="")
    cookie = ours.write(ours.begin("admin"))
    assert ours.read(cookie) is not None
    assert sessions(clock, key="").read(cookie) is None


def test_a_copied_cookie_ends_with_the_logout() -> None:
    clock = Clock()
    ours = sessions(clock)
    session = ours.begin("admin")
    other = ours.write(ours.begin("admin"))
    ours.end(session)
    assert ours.read(ours.write(session)) is None
    assert ours.read(other) is not None


def test_logouts_are_remembered_no_longer_than_their_sessions_would_have_lasted() -> None:
    clock = Clock()
    ours = sessions(clock)
    for _ in range(10):
        ours.end(ours.begin("admin"))
        clock.now += 3600
    assert len(ours._logged_out) <= 2


def test_each_session_has_a_token_of_its_own() -> None:
    ours = sessions(Clock())
    one, other = ours.begin("admin"), ours.begin("admin")
    assert is_token_of(one, one.csrf)
    assert not is_token_of(one, other.csrf)
    assert not is_token_of(one, "ünknown")
