"""A back-up is brought back on another machine: same logins, same tokens, same settings."""

import stat
import urllib.error
import urllib.request
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.system.conftest import CLIP
from tests.system.listener import Listener
from tests.system.systems import Access, Compose, System, Together

pytestmark = pytest.mark.timeout(300)

CHANGED = {"sensitivity": "73", "archiving": "OFF", "fps": "7"}


@pytest.fixture
def elsewhere(system: System, tmp_path: Path, footage: Path) -> Iterator[System]:
    """Another one of the same kind, which was never started."""
    clip, folder = footage / "clips" / CLIP, tmp_path / "elsewhere"
    folder.mkdir()
    other: System = Compose(folder, clip, "b") if isinstance(system, Compose) else Together(folder, clip)
    try:
        yield other
    finally:
        other.remove()


def test_a_back_up_comes_back_on_another_machine(system: System, elsewhere: System, tmp_path: Path) -> None:
    token = system.nightjar("token", "add", "kept", "--scope", "view").strip()
    before = system.access()
    file = tmp_path / "nightjar.backup"
    with Listener(before) as listener:
        topics = [f"nightjar/camera/clip/{setting}/state" for setting in CHANGED]
        listener.wait_for("retained settings", lambda: settings_of(listener).keys() >= set(topics))
        usual = {
            setting: settings_of(listener)[topic] for setting, topic in zip(CHANGED, topics, strict=True)
        }
        change(listener, CHANGED)
        states = settings_of(listener)
        system.backup(file)
        change(listener, {setting: value.decode() for setting, value in usual.items()})  # for who comes next
    elsewhere.restore(file)
    elsewhere.start()
    after = elsewhere.access()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert passwords(after) == passwords(before)
    assert with_token(after, token) == 200
    with Listener(after) as listener:
        listener.wait_for("all retained settings", lambda: settings_of(listener).keys() >= states.keys())
        assert settings_of(listener) == states
    after.archive().keys()  # the key of people opens it
    if isinstance(elsewhere, Compose):
        with pytest.raises(RuntimeError, match="archiver, gateway would undo it: docker compose stop"):
            elsewhere.restore(file)


def change(listener: Listener, settings: dict[str, str]) -> None:
    for setting, value in settings.items():
        listener.publish(f"nightjar/camera/clip/{setting}/set", value)
        state = (f"nightjar/camera/clip/{setting}/state", value.encode())
        listener.wait_for(setting, partial(has, listener, state))


def has(listener: Listener, state: tuple[str, bytes]) -> bool:
    return state in listener.small.items()


def settings_of(listener: Listener) -> dict[str, bytes]:
    """Those that stand; an empty payload takes a retained one away, such as that of no experiment."""
    said = dict(listener.retained) | listener.small
    return {topic: value for topic, value in said.items() if topic.endswith("/state") and value}


def passwords(access: Access) -> list[object]:
    archive = access.logins["archive"]
    return [access.dashboard_login, access.mqtt_login, archive["access_key"], archive["secret_key"]]


def with_token(access: Access, token: str) -> int:
    request = urllib.request.Request(
        f"{access.dashboard}/api/cameras", headers={"Authorization": f"Bearer {token}"}
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
