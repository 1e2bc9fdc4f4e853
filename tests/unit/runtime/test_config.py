"""Whoever writes the configuration wrongly reads where, what, and how to mend it, all at once."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from services.contract.settings import Settings
from services.runtime import config
from services.runtime.config import ConfigErrors

DOOR = "cameras:\n  door:\n    url: 'demo:'\n"
SECRET = "pa55word"


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def load(text: str, environ: Mapping[str, str] | None = None) -> Settings:
    path = Path("nightjar.yaml")
    path.write_text(text)
    return config.load(path, environ or {})


def problems(text: str, environ: Mapping[str, str] | None = None) -> list[str]:
    with pytest.raises(ConfigErrors) as caught:
        load(text, environ)
    return caught.value.problems


# -- mistakes ------------------------------------------------------------------------------------------------

MISTAKES = {
    "unknown key, with what it was meant to be": (
        "mqtt:\n  uri: mqtt://x\n",
        "nightjar.yaml line 2: mqtt.uri is no setting; did you mean url?",
    ),
    "unknown key, with what there is": (
        "log:\n  colour: red\n",
        "nightjar.yaml line 2: log.colour is no setting; there are level, format",
    ),
    "unknown section": (
        "camera: {}\n",
        "nightjar.yaml line 1: camera is no setting; did you mean cameras?",
    ),
    "unknown key of a camera": (
        DOOR + "    lable: Front door\n",
        "nightjar.yaml line 4: cameras.door.lable is no setting; did you mean label?",
    ),
    "no url": (
        "cameras:\n  door:\n    label: x\n",
        "nightjar.yaml line 2: cameras.door.url is missing",
    ),
    "a number as text": (
        DOOR + "    motion:\n      pre_roll: long\n",
        "nightjar.yaml line 5: cameras.door.motion.pre_roll must be a number, not 'long'",
    ),
    "a number that is none": (
        DOOR + "    motion: {pre_roll: .nan}\n",
        "nightjar.yaml line 4: cameras.door.motion.pre_roll must be a number, not 'nan'",
    ),
    "half a number": (
        "archive:\n  threads: 2.5\n",
        "nightjar.yaml line 2: archive.threads must be a whole number, not '2.5'",
    ),
    "neither true nor false": (
        DOOR + "    enabled: maybe\n",
        "nightjar.yaml line 4: cameras.door.enabled must be true or false, not 'maybe'",
    ),
    "too small": (
        "archive:\n  threads: 0\n",
        "nightjar.yaml line 2: archive.threads must be at least 1, not '0'",
    ),
    "too large": (
        DOOR + "    motion:\n      pre_roll: 61\n",
        "nightjar.yaml line 5: cameras.door.motion.pre_roll must be at most 60, not '61'",
    ),
    "not more than nothing": (
        "gateway:\n  session_hours: 0\n",
        "nightjar.yaml line 2: gateway.session_hours must be more than 0, not '0'",
    ),
    "no text": (
        "gateway:\n  user: 7\n",
        "nightjar.yaml line 2: gateway.user must be text; put quotes around it, not '7'",
    ),
    "empty": (
        "gateway:\n  user: ''\n",
        "nightjar.yaml line 2: gateway.user must not be empty",
    ),
    "none of the words": (
        "log:\n  level: loud\n",
        "nightjar.yaml line 2: log.level must be 'debug', 'info', 'warning' or 'error', not 'loud'",
    ),
    "a section without settings": (
        "mqtt: here\n",
        "nightjar.yaml line 1: mqtt must hold settings, each as `name: value`, not 'here'",
    ),
    "an empty section": (
        "mqtt:\n" + DOOR,
        "nightjar.yaml line 1: mqtt must hold settings, each as `name: value`",
    ),
    "cameras as a list": (
        "cameras:\n  - demo\n",
        "nightjar.yaml line 1: cameras must hold settings, each as `name: value`",
    ),
    "a camera that is only its URL": (
        "cameras:\n  door: 'demo:'\n",
        "nightjar.yaml line 2: cameras.door must hold settings, each as `name: value`, not 'demo:'",
    ),
    "no address": (
        "gateway:\n  listen: 8080\n",
        "nightjar.yaml line 2: gateway.listen must be text; put quotes around it, not '8080'",
    ),
    "an address without a port": (
        "gateway:\n  listen: localhost\n",
        "nightjar.yaml line 2: gateway.listen must be an address and a port, such as 0.0.0.0:8080 or :8080, "
        "not 'localhost'",
    ),
    "a port that is none": (
        "health:\n  listen: ':99999'\n",
        "nightjar.yaml line 2: health.listen must be an address and a port, such as 0.0.0.0:8080 or :8080, "
        "not ':99999'",
    ),
    "unknown scheme of the broker": (
        "mqtt:\n  url: amqp://broker\n",
        "nightjar.yaml line 2: mqtt.url must be mqtt://host:port or mqtts://host:port, not 'amqp://broker'; "
        "user and password are mqtt.user and mqtt.password",
    ),
    "a port of the broker that is none": (
        "mqtt:\n  url: mqtt://broker:port\n",
        "nightjar.yaml line 2: mqtt.url must be mqtt://host:port or mqtts://host:port, not "
        "'mqtt://broker:port'; user and password are mqtt.user and mqtt.password",
    ),
    "a root of topics with levels": (
        "mqtt:\n  prefix: my/house\n",
        "nightjar.yaml line 2: mqtt.prefix must be made of A-Z, a-z, 0-9, _ and -, not 'my/house'",
    ),
    "certificates for nothing": (
        "mqtt:\n  url: mqtt://broker\n  ca_file: ca.pem\n",
        "nightjar.yaml line 1: mqtt has certificates, but its url is not mqtts://, so they would not be used",
    ),
    "a key without its certificate": (
        "mqtt:\n  url: mqtts://broker\n  key_file: key.pem\n",
        "nightjar.yaml line 1: mqtt has a key_file without the cert_file that it is the key of",
    ),
    "unknown scheme of the archive": (
        "archive:\n  url: ftp://nas/x\n",
        "nightjar.yaml line 2: archive.url does not know ftp://; it can be s3://, file: or https://, like "
        "s3://bucket/prefix?endpoint=http://s3:9000, file:///srv/nightjar or https://cloud.example.org/frames",
    ),
    "a key that would mix frames up": (
        "archive:\n  key: '{camera}/{event}/{sequence}.jpg'\n",
        "nightjar.yaml line 2: archive.key cannot be '{camera}/{event}/{sequence}.jpg': its name needs "
        "{sequence} and a {time:…} with each of %Y %m %d %H %M %S %f, as in "
        "{camera}/{time:%Y}/{time:%m}/{time:%d}/{event}/{time:%Y%m%dT%H%M%S.%f}Z-{sequence}.jpg",
    ),
    "no address for people": (
        "gateway:\n  public_url: cameras.example.org\n",
        "nightjar.yaml line 2: gateway.public_url must be like https://cameras.example.org, not "
        "'cameras.example.org'",
    ),
    "a camera's name": (
        "cameras:\n  Front Door:\n    url: 'demo:'\n",
        "nightjar.yaml line 2: cameras.Front Door is no camera name: use up to 63 of a-z, 0-9, - and _, and "
        "begin with a letter or a digit",
    ),
    "a camera's name is a word of YAML": (
        "cameras:\n  on:\n    url: 'demo:'\n",
        "nightjar.yaml line 2: cameras.True is no camera name: use up to 63 of a-z, 0-9, - and _, and begin "
        "with a letter or a digit",
    ),
    "two cameras with one name": (
        DOOR + "  yard:\n    url: 'demo:'\n  door:\n    url: 'demo:'\n",
        "nightjar.yaml line 6: cameras.door is there twice, first in line 2; keep one",
    ),
    "a setting twice": (
        DOOR + "    url: 'demo:?seed=2'\n",
        "nightjar.yaml line 4: cameras.door.url is there twice, first in line 3; keep one",
    ),
    "a variable that is not set": (
        "mqtt:\n  password: ${MQTT_PASSWORD}\n",
        "nightjar.yaml line 2: mqtt.password needs the environment variable MQTT_PASSWORD, which is not set",
    ),
    "no YAML": (
        "mqtt:\n  url: mqtt://x: y\n",
        "nightjar.yaml line 2: is no YAML: mapping values are not allowed here; put quotes around a "
        "value that has a colon in it",
    ),
    "a tab": (
        "mqtt:\n\turl: x\n",
        "nightjar.yaml line 2: is no YAML: found character '\\t' that cannot start any token",
    ),
    "a character that no text has": (
        "mqtt: \x00\n",
        "nightjar.yaml: is no YAML: it holds bytes that are no text",
    ),
    "a file that goes in circles": (
        "mqtt: &here\n  url: *here\n",
        "nightjar.yaml: is no YAML: it refers to itself",
    ),
    "a list": (
        "- mqtt\n",
        "nightjar.yaml: the file must hold settings, each as `name: value`",
    ),
    "a date where a word belongs": (
        "gateway:\n  user: 2026-11-20\n",
        "nightjar.yaml line 2: gateway.user must be text; put quotes around it, not '2026-11-20'",
    ),
}


@pytest.mark.parametrize("what", MISTAKES)
def test_a_mistake_gets_its_sentence(what: str) -> None:
    text, sentence = MISTAKES[what]
    assert problems(text) == [sentence]


def test_an_unknown_kind_of_camera_is_told_which_there_are() -> None:
    (sentence,) = problems("cameras:\n  door:\n    url: rstp://cam/live\n")
    assert sentence.startswith(
        'nightjar.yaml line 3: cameras.door.url there is no camera of the kind "rstp:"; use demo:'
    )


def test_all_mistakes_are_said_at_once() -> None:
    text = "mqtt:\n  url: x\nlog:\n  level: loud\ncameras:\n  door:\n    url: 'demo:'\n  door: {}\n"
    with pytest.raises(ConfigErrors) as caught:
        load(text, {"NIGHTJAR_LOG__FORMAT": "fancy", "NIGHTJAR_NONSENSE": "1"})
    assert str(caught.value).splitlines() == [
        "the configuration has 6 mistakes:",
        "  nightjar.yaml line 8: cameras.door is there twice, first in line 6; keep one",
        "  NIGHTJAR_NONSENSE is no setting; there are mqtt, archive, gateway, homeassistant, health, "
        "log, state_dir, partition, defaults, cameras",
        "  nightjar.yaml line 2: mqtt.url must be mqtt://host:port or mqtts://host:port, not 'x'; user and "
        "password are mqtt.user and mqtt.password",
        "  nightjar.yaml line 4: log.level must be 'debug', 'info', 'warning' or 'error', not 'loud'",
        "  NIGHTJAR_LOG__FORMAT (log.format) must be 'auto', 'human' or 'json', not 'fancy'",
        "  nightjar.yaml line 7: cameras.door.url is missing",
    ]


def test_one_mistake_is_one() -> None:
    with pytest.raises(ConfigErrors) as caught:
        load("x: 1\n")
    assert str(caught.value).startswith("the configuration has a mistake:\n  nightjar.yaml line 1: x is no")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("sensitivty: 3", "defaults.motion.sensitivty is no setting; did you mean sensitivity?"),
        ("sensitivity: 0", "defaults.motion.sensitivity must be at least 1, not '0'"),
    ],
)
def test_a_mistake_in_the_defaults_is_said_once(text: str, sentence: str) -> None:
    cameras = DOOR + "  yard:\n    url: 'demo:'\n    motion: {pre_roll: 1}\n"
    assert problems(f"{cameras}defaults:\n  motion:\n    {text}\n") == [f"nightjar.yaml line 9: {sentence}"]


def test_a_cameras_own_mistake_is_said_beside_that_in_the_defaults() -> None:
    text = "defaults: {motion: {pre_roll: 99}}\n" + DOOR + "    motion: {pre_roll: 98}\n"
    assert [sentence.partition(": ")[0] for sentence in problems(text)] == [
        "nightjar.yaml line 1",
        "nightjar.yaml line 5",
    ]


# -- the file itself -----------------------------------------------------------------------------------------


def test_a_missing_file_gets_its_sentence() -> None:
    with pytest.raises(ConfigErrors) as caught:
        config.load(Path("other.yaml"), {})
    assert caught.value.problems == [
        "other.yaml does not exist: write one with a camera in it, name another with --config, or try "
        "`nightjar demo`"
    ]


def test_a_folder_is_no_file() -> None:
    Path("nightjar.yaml").mkdir()
    with pytest.raises(ConfigErrors) as caught:
        config.load(Path("nightjar.yaml"), {})
    assert caught.value.problems == ["nightjar.yaml is a folder; it must be a file"]


def test_a_file_that_may_not_be_read_gets_its_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(*_: object, **__: object) -> str:
        raise PermissionError

    monkeypatch.setattr(Path, "read_text", denied)
    with pytest.raises(ConfigErrors) as caught:
        config.load(Path("nightjar.yaml"), {})
    assert caught.value.problems == ["nightjar.yaml cannot be read by this user: change its permissions"]


def test_bytes_are_no_text() -> None:
    Path("nightjar.yaml").write_bytes(b"mqtt: \xff\xfe")
    with pytest.raises(ConfigErrors) as caught:
        config.load(Path("nightjar.yaml"), {})
    assert caught.value.problems == ["nightjar.yaml is no text in UTF-8"]


def test_an_empty_file_has_no_cameras() -> None:
    assert load("# nothing yet\n") == Settings(cameras={})


def test_settings_may_be_shared_and_overridden() -> None:
    text = (
        "cameras:\n"
        "  door: &outside\n    url: 'demo:'\n    label: Door\n"
        "  yard: &yard\n    <<: *outside\n    label: Yard\n"
        "  gate:\n    <<: *yard\n    url: 'demo:?seed=2'\n"
        "  copy: *yard\n"
    )
    cameras = load(text).cameras
    assert {name: (camera.url, camera.label) for name, camera in cameras.items()} == {
        "door": ("demo:", "Door"),
        "yard": ("demo:", "Yard"),
        "gate": ("demo:?seed=2", "Yard"),
        "copy": ("demo:", "Yard"),
    }


def test_what_looks_like_a_date_and_is_none_is_text() -> None:
    assert load(DOOR + "    label: 2026-13-45\n").cameras["door"].label == "2026-13-45"


# -- where values come from ----------------------------------------------------------------------------------


def test_the_environment_wins_over_the_file() -> None:
    settings = load("mqtt:\n  url: mqtt://file\n  user: file\n", {"NIGHTJAR_MQTT__URL": "mqtt://environment"})
    assert (settings.mqtt.url, settings.mqtt.user) == ("mqtt://environment", "file")


def test_a_replica_is_told_its_slot_by_the_environment() -> None:
    settings = load("cameras:\n  door:\n    url: 'demo:'\n", {"NIGHTJAR_PARTITION": "2/4"})
    assert (settings.replica.slot, settings.replica.count) == (2, 4)


def test_the_file_wins_over_what_is_below_it() -> None:
    Path("nightjar.yaml").write_text("mqtt:\n  user: file\n")
    base = {"mqtt": {"user": "base", "prefix": "base"}, "cameras": {"door": {"url": "demo:"}}}
    settings = config.load(Path("nightjar.yaml"), {}, base)
    assert (settings.mqtt.user, settings.mqtt.prefix, list(settings.cameras)) == ("file", "base", ["door"])
    assert base["mqtt"] == {"user": "base", "prefix": "base"}


def test_a_cameras_setting_wins_over_the_defaults_key_by_key() -> None:
    text = "defaults:\n  motion: {pre_roll: 1, post_roll: 2}\n" + DOOR + "    motion: {post_roll: 9}\n"
    motion = load(text).cameras["door"].motion
    assert (motion.pre_roll, motion.post_roll, motion.cool_down) == (1, 9, 0)


def test_a_camera_may_come_from_the_environment_alone() -> None:
    settings = config.load(
        None, {"NIGHTJAR_CAMERAS__DOOR__URL": "demo:", "NIGHTJAR_CAMERAS__DOOR__MOTION__PRE_ROLL": "2.5"}
    )
    assert settings.cameras["door"].motion.pre_roll == 2.5


def test_a_secret_comes_from_a_file() -> None:
    Path("password").write_text(f"{SECRET}\n")
    settings = load("mqtt: {password: other}\n", {"NIGHTJAR_MQTT__PASSWORD_FILE": "password"})
    assert settings.mqtt.password.get_secret_value() == SECRET


def test_a_setting_that_ends_in_file_is_itself() -> None:
    settings = load("", {"NIGHTJAR_MQTT__URL": "mqtts://x", "NIGHTJAR_MQTT__CA_FILE": "ca.pem"})
    assert settings.mqtt.ca_file == Path("ca.pem")


def test_a_secrets_file_that_cannot_be_read_gets_its_sentence() -> None:
    Path("bytes").write_bytes(b"\xff\xfe")
    environ = {"NIGHTJAR_MQTT__PASSWORD_FILE": "nowhere", "NIGHTJAR_ARCHIVE__SECRET_KEY_FILE": "bytes"}
    assert problems("", environ) == [
        "NIGHTJAR_ARCHIVE__SECRET_KEY_FILE names bytes, which cannot be read: it is no text",
        "NIGHTJAR_MQTT__PASSWORD_FILE names nowhere, which cannot be read: no such file or directory",
    ]


@pytest.mark.parametrize(
    ("variable", "sentence"),
    [
        ("NIGHTJAR_MQTT__URI", "NIGHTJAR_MQTT__URI is no setting; did you mean url?"),
        ("NIGHTJAR_MQT__URL", "NIGHTJAR_MQT__URL is no setting"),
        ("NIGHTJAR_CAMERAS__DOOR__URI", "NIGHTJAR_CAMERAS__DOOR__URI is no setting; did you mean url?"),
        ("NIGHTJAR_LOG__COLOUR", "NIGHTJAR_LOG__COLOUR is no setting; there are level, format"),
    ],
)
def test_a_wrong_variable_gets_its_sentence(variable: str, sentence: str) -> None:
    assert problems("", {variable: "x"}) == [sentence]


def test_variables_of_others_and_of_our_tests_are_left_alone() -> None:
    environ = {"PATH": "/bin", "NIGHTJAR_TEST_BACKENDS": "none", "NIGHTJAR_CONFIG": "x", "XNIGHTJAR_A": "1"}
    assert load(DOOR, environ).cameras


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("${WHO}", "me"),
        ("a${WHO}b${WHO}", "amebme"),
        ("${NOBODY:-you}", "you"),
        ("${NOBODY:-}", ""),
        ("${WHO:-you}", "me"),
        ("pa$$word", "pa$word"),
        ("$${WHO}", "${WHO}"),
        ("$WHO", "$WHO"),
        ("100$", "100$"),
    ],
)
def test_variables_are_filled_in(text: str, value: str) -> None:
    assert load(f"mqtt:\n  user: '{text}'\n", {"WHO": "me"}).mqtt.user == value


def test_variables_are_filled_in_before_the_value_is_looked_at() -> None:
    assert load("archive:\n  threads: ${THREADS}\n", {"THREADS": "3"}).archive.threads == 3


def test_nothing_is_filled_into_the_environments_own_values() -> None:
    environ = {"NIGHTJAR_MQTT__PASSWORD": "${X}$$"}
    assert load("", environ).mqtt.password.get_secret_value() == "${X}$$"


# -- secrets -------------------------------------------------------------------------------------------------


def test_secrets_are_masked_where_settings_are_shown() -> None:
    text = (
        f"mqtt: {{password: {SECRET}}}\n"
        f"archive: {{access_key: {SECRET}, secret_key: {SECRET}}}\n"
        f"gateway: {{password_hash: {SECRET}, session_key: {SECRET}}}\n"
        f"cameras:\n  door:\n    url: http://me:{SECRET}@cam/video?token={SECRET}\n"
    )
    settings = load(text)
    shown = config.dump(settings)
    assert SECRET not in shown
    assert SECRET not in repr(settings.mqtt)
    assert "password: '********'" in shown
    assert "url: http://***@cam/video?token=***" in shown


def test_an_empty_secret_is_shown_as_empty() -> None:
    assert "password: ''" in config.dump(load(DOOR))


def test_what_is_shown_can_be_loaded_again() -> None:
    settings = load(DOOR + "    label: Tür\n")
    assert load(config.dump(settings)) == settings


@pytest.mark.parametrize(
    "text",
    [
        f"cameras:\n  door:\n    url: http://me:{SECRET}@:port/x\n",
        f"cameras:\n  door:\n    url: rtps://me:{SECRET}@cam/x\n",
        f"cameras:\n  door: http://me:{SECRET}@cam/\n",
        f"cameras: http://me:{SECRET}@cam/\n",
        f"mqtt:\n  url: mqtt://me:{SECRET}@broker\n",
        f"archive:\n  url: s3://key:{SECRET}@bucket\n",
        f"gateway:\n  public_url: https://me:{SECRET}@x\n",
        f"log:\n  level: http://me:{SECRET}@x\n",
        "mqtt:\n  password: 5555\n",
        "mqtt:\n  password: [5555]\n",
        "archive:\n  secret_key: 5555\n",
    ],
)
def test_no_secret_is_in_the_text_of_a_mistake(text: str) -> None:
    said = " ".join(problems(text))
    assert said
    assert SECRET not in said
    assert "5555" not in said
