"""Settings that are made over MQTT are kept over a restart, unless the configuration was edited since."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from services.contract.controls import controls_of
from services.contract.settings import CameraSettings
from services.contract.topics import Topics
from services.runtime.controls import ControlBoard
from services.runtime.mqtt import Delivery
from services.runtime.state import StateFile
from tests.unit.links import FakeLink

TOPICS = Topics()
CHANGES = list[tuple[str, str]]


class Broker(FakeLink):
    """What a board asks of its link, and what others publish to it."""

    def __init__(self) -> None:
        super().__init__()
        self._handlers: dict[str, Callable[[Delivery], None]] = {}

    def subscribe(self, topic_filter: str, handler: Callable[[Delivery], None], qos: int = 1) -> None:
        self._handlers[topic_filter] = handler

    def unsubscribe(self, topic_filter: str) -> None:
        del self._handlers[topic_filter]

    def publish(self, setting: str, payload: bytes, camera: str = "door", *, retain: bool = False) -> None:
        topic = TOPICS.setting_set(camera, setting)
        self._handlers[topic](Delivery(topic, payload, retain, 1, lambda: None))

    def state(self, setting: str, camera: str = "door") -> str:
        return self.held[TOPICS.setting_state(camera, setting)].decode()

    def errors(self) -> list[tuple[str, str]]:
        return [(parcel.topic, parcel.payload.decode()) for parcel in self.take("/error")]


def door(**settings: object) -> dict[str, CameraSettings]:
    return {"door": CameraSettings.model_validate({"url": "demo:", **settings})}


def motion_board(
    folder: Path, cameras: dict[str, CameraSettings] | None = None, changes: CHANGES | None = None
) -> tuple[ControlBoard, Broker]:
    """A board that has just started."""
    noted: CHANGES = [] if changes is None else changes
    board = ControlBoard(
        "motion",
        cameras or door(),
        TOPICS,
        StateFile(folder / "motion.json"),
        on_change=lambda camera, setting: noted.append((camera, setting)),
    )
    board.load()
    broker = Broker()
    board.attach(broker)
    return board, broker


def test_the_values_in_force_are_shown_from_the_start(tmp_path: Path) -> None:
    _, broker = motion_board(tmp_path, door(motion={"sensitivity": 70, "min_area": 0.02}))
    shown = {topic.split("/")[3]: payload.decode() for topic, payload in broker.held.items()}
    expected = {
        "motion_detection": "ON",
        "sensitivity": "70",
        "threshold": "",
        "min_area": "0.02",
        "zones": "{}",
    }
    assert {name: shown[name] for name in expected} == expected
    assert set(shown) == set(controls_of("motion"))


def test_a_value_that_is_set_is_in_force_shown_and_told(tmp_path: Path) -> None:
    changes: CHANGES = []
    board, broker = motion_board(tmp_path, changes=changes)
    broker.publish("sensitivity", b" 80 \n")
    assert board.value("door", "sensitivity") == 80
    assert broker.state("sensitivity") == "80"
    assert changes == [("door", "sensitivity")]


def test_a_value_that_is_in_force_already_changes_nothing(tmp_path: Path) -> None:
    changes: CHANGES = []
    _, broker = motion_board(tmp_path, changes=changes)
    broker.publish("sensitivity", b"50")
    assert changes == []
    assert not (tmp_path / "motion.json").exists()


def test_each_camera_has_settings_of_its_own(tmp_path: Path) -> None:
    board, broker = motion_board(tmp_path, {**door(), "yard": CameraSettings(url="demo:")})
    broker.publish("motion_detection", b"OFF", camera="yard")
    assert board.value("door", "motion_detection") is True
    assert board.value("yard", "motion_detection") is False


def test_a_setting_is_kept_over_a_restart(tmp_path: Path) -> None:
    _, broker = motion_board(tmp_path)
    broker.publish("motion_detection", b"OFF")
    broker.publish("threshold", b"2.5")
    board, broker = motion_board(tmp_path)
    assert board.value("door", "motion_detection") is False
    assert broker.state("motion_detection") == "OFF"
    assert broker.state("threshold") == "2.5"


def test_zones_are_kept_over_a_restart_as_they_were_sent(tmp_path: Path) -> None:
    gate = b'{"gate":{"points":[[0.0,0.0],[1.0,0.0],[1.0,1.0]],"sensitivity":70}}'
    _, broker = motion_board(tmp_path)
    broker.publish("zones", gate)
    board, broker = motion_board(tmp_path)
    assert broker.state("zones") == gate.decode()
    assert board.value("door", "zones") == json.loads(gate)


def test_an_empty_payload_is_the_default_again_also_after_a_restart(tmp_path: Path) -> None:
    settings = door(motion={"threshold": 3})
    _, broker = motion_board(tmp_path, settings)
    broker.publish("threshold", b"")
    board, broker = motion_board(tmp_path, settings)
    assert board.value("door", "threshold") is None
    assert broker.state("threshold") == ""


def test_where_a_value_is_nothing_people_see_what_holds_and_how_it_follows_another_setting(
    tmp_path: Path,
) -> None:
    def default(camera: str, setting: str) -> float | None:
        return 500 / board.value(camera, "sensitivity") if setting == "threshold" else None

    board = ControlBoard("motion", door(), TOPICS, StateFile(tmp_path / "motion.json"), default=default)
    broker = Broker()
    board.attach(broker)
    assert broker.state("threshold") == "10"
    broker.publish("sensitivity", b"100")
    assert broker.state("threshold") == "5"
    broker.publish("threshold", b"7")
    assert broker.state("threshold") == "7"
    broker.publish("threshold", b"")
    assert broker.state("threshold") == "5"
    assert board.value("door", "threshold") is None


def test_the_file_wins_where_somebody_has_edited_it_since(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    _, broker = motion_board(tmp_path)
    broker.publish("sensitivity", b"80")
    broker.publish("cool_down", b"9")
    board, broker = motion_board(tmp_path, door(motion={"sensitivity": 60}))
    assert board.value("door", "sensitivity") == 60
    assert board.value("door", "cool_down") == 9
    assert caplog.messages == [
        "door: sensitivity was changed in the configuration since it was set to 80; the file wins"
    ]


def test_what_the_file_overruled_does_not_come_back(tmp_path: Path) -> None:
    _, broker = motion_board(tmp_path)
    broker.publish("sensitivity", b"80")
    motion_board(tmp_path, door(motion={"sensitivity": 60}))
    board, _ = motion_board(tmp_path)
    assert board.value("door", "sensitivity") == 50


def test_a_camera_that_is_gone_takes_its_settings_along(tmp_path: Path) -> None:
    _, broker = motion_board(tmp_path)
    broker.publish("sensitivity", b"80")
    board, _ = motion_board(tmp_path, {"yard": CameraSettings(url="demo:")})
    assert board.value("yard", "sensitivity") == 50


# -- the file is read again ----------------------------------------------------------------------------------


def test_a_camera_that_comes_later_can_be_set_too(tmp_path: Path) -> None:
    board, broker = motion_board(tmp_path)
    board.reconfigure(broker, {**door(), "yard": CameraSettings(url="demo:")})
    assert broker.state("sensitivity", "yard") == "50"
    broker.publish("sensitivity", b"80", camera="yard")
    assert board.value("yard", "sensitivity") == 80


def test_a_camera_that_goes_is_heard_no_more_and_its_states_are_taken_back(tmp_path: Path) -> None:
    board, broker = motion_board(tmp_path)
    board.reconfigure(broker, {"yard": CameraSettings(url="demo:")})
    taken_back = {parcel.topic for parcel in broker.take("/state") if not parcel.payload}
    assert taken_back == set(board.states("door"))
    with pytest.raises(KeyError):
        broker.publish("sensitivity", b"80")


def test_a_value_that_was_edited_wins_at_once_and_is_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    changes: CHANGES = []
    board, broker = motion_board(tmp_path, changes=changes)
    broker.publish("sensitivity", b"80")
    broker.publish("cool_down", b"9")
    changes.clear()
    board.reconfigure(broker, door(motion={"sensitivity": 60}))
    assert (broker.state("sensitivity"), broker.state("cool_down")) == ("60", "9")
    assert changes == [("door", "sensitivity")]
    assert "sensitivity was changed in the configuration since it was set to 80; the file wins" in caplog.text
    board, _ = motion_board(tmp_path, door(motion={"sensitivity": 60}))
    assert (board.value("door", "sensitivity"), board.value("door", "cool_down")) == (60, 9)


def test_a_retained_command_of_long_ago_does_not_undo_what_was_set_since(tmp_path: Path) -> None:
    board, broker = motion_board(tmp_path)
    broker.publish("sensitivity", b"70", retain=True)
    assert board.value("door", "sensitivity") == 70
    broker.publish("sensitivity", b"80")
    broker.publish("sensitivity", b"70", retain=True)
    assert board.value("door", "sensitivity") == 80


# -- what is refused -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("setting", "payload", "sentence"),
    [
        ("motion_detection", b"off", "motion_detection takes ON or OFF, not 'off'"),
        ("sensitivity", b'{"a": 1}', "sensitivity takes a whole number from 1 to 100, not '{\"a\": 1}'"),
        ("cool_down", b"\xff\xfe", "cool_down takes text, not bytes"),
    ],
)
def test_what_is_refused_is_said_on_error_and_changes_nothing(
    setting: str, payload: bytes, sentence: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    board, broker = motion_board(tmp_path)
    before = board.value("door", setting)
    broker.publish(setting, payload)
    assert broker.errors() == [(TOPICS.setting_error("door", setting), sentence)]
    assert board.value("door", setting) == before
    assert f"door: {sentence}; it stays " in caplog.text


def test_a_disk_that_is_full_costs_the_memory_not_the_service(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    board, broker = motion_board(tmp_path)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(StateFile, "write", full)
    broker.publish("sensitivity", b"80")
    assert board.value("door", "sensitivity") == 80
    assert "settings cannot be kept over a restart: no space left on device" in caplog.messages
