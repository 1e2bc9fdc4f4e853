"""What nobody should send, and a broker that is not there: said in a sentence, counted, and survived."""

import json
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import paho.mqtt.publish
import pytest

from services.archiver.service import ArchiverService
from services.capture.service import CaptureService
from services.contract.settings import Settings
from services.contract.topics import Topics
from services.motion.service import MotionService
from services.runtime.alone import Accountable
from services.runtime.health import HealthServer
from services.runtime.metrics import registry
from services.runtime.mqtt import BrokerAddress
from services.store import open_store
from tests.integration.pipeline.pipeline import Pipeline, Running, eventually
from tests.runners import free_port

EVENT = "20261120T083000Z-3f9c"
NO_FRAMES = [b"", b"no JPEG", b"\xff\xd8\xff\xe0 cut off", b"\x00" * 7_000_000]
NO_JSON = [b"{", b"[]", b"\xff\xfe", b'{"camera": 1}']


def send(pipeline: Pipeline, topic: str, *payloads: bytes) -> None:
    messages: list[Any] = [(topic, payload, 1, False) for payload in payloads]
    address = pipeline.address
    auth: Any = {"username": address.user, "password": address.password}
    paho.mqtt.publish.multiple(messages, address.host, address.port, auth=auth)


@pytest.mark.real
def test_what_is_no_frame_is_counted_and_skipped_and_the_next_event_is_whole(
    running: Pipeline, caplog: pytest.LogCaptureFixture
) -> None:
    topics, camera = Topics(running.prefix), running.camera
    live, event = topics.frames(camera, "live"), topics.event_frames(camera, EVENT)
    send(running, live, *NO_FRAMES)
    send(running, topics.frames(camera, "repair"), *NO_FRAMES)
    send(running, event, *NO_FRAMES)
    running.wait_for("count in motion", lambda: running.account("motion")["undecodable"] == 8)
    running.wait_for("count in the archiver", lambda: running.account("archiver")["unusable"] == 4)
    running.event_begins()
    running.event_ends()
    running.check_whole(running.manifest())
    assert f"{camera}: what came on {live} is no frame of this camera; skipped" in caplog.messages
    assert f"{camera}: what came on {event} is no frame of an event; skipped" in caplog.messages


@pytest.mark.real
def test_what_is_no_command_is_said_and_ignored_and_the_next_event_is_whole(
    running: Pipeline, caplog: pytest.LogCaptureFixture
) -> None:
    topics, camera = Topics(running.prefix), running.camera
    not_understood = {
        topics.camera(camera, "resend"): 2,  # by capture and by motion
        topics.camera(camera, "resent"): 2,  # by motion and by the archiver
        topics.handover(camera, EVENT): 1,
        topics.camera(camera, "event"): 1,
    }
    for topic in not_understood:
        send(running, topic, *NO_JSON)
    send(running, topics.camera(camera, "trigger"), b'{"duration_s": "long"}', b"\xff\xfe")
    send(running, topics.setting_set(camera, "sensitivity"), b"a lot", b"\xff\xfe")
    send(running, topics.setting_set(camera, "archiving"), b"yes")
    send(running, topics.setting_set(camera, "enabled"), b"")
    for topic, listeners in not_understood.items():
        sentence = f"a message on {topic} was not understood and is ignored"
        count = listeners * len(NO_JSON)
        running.wait_for(sentence, lambda s=sentence, n=count: caplog.messages.count(s) == n)  # type: ignore[misc]  # bound now
    for sentence in (
        f'{camera}: a trigger was not understood and is ignored: b\'{{"duration_s": "long"}}\'',
        f"{camera}: a trigger was not understood and is ignored: b'\\xff\\xfe'",
        f"{camera}: sensitivity takes a whole number from 1 to 100, not 'a lot'; it stays 50",
        f"{camera}: sensitivity takes text, not bytes; it stays 50",
        f"{camera}: archiving takes ON or OFF, not 'yes'; it stays ON",
        f"{camera}: enabled takes ON or OFF, not ''; it stays ON",
    ):
        running.wait_for(sentence, lambda s=sentence: s in caplog.messages)  # type: ignore[misc]  # bound now
    running.event_begins()
    running.event_ends()
    running.check_whole(running.manifest())


@pytest.mark.parametrize("name", ["capture", "motion", "archiver"])
def test_a_broker_that_is_not_there_makes_a_service_unready_and_not_dead(
    name: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    nobody = BrokerAddress("127.0.0.1", free_port())
    settings = Settings.model_validate(
        {"state_dir": tmp_path, "cameras": {"yard": {"url": "demo:", "enabled": False}}}
    )
    service = made(name, settings, nobody, tmp_path)
    health = HealthServer("127.0.0.1:0", service.problems, registry({name: service.account}))
    health.open()
    sentence = f"the broker {nobody} cannot be reached: connection refused"
    running, answering = Running(service), Running(Answering(health))
    try:
        eventually("problem", lambda: service.problems() == [sentence])
        status, body = ask(health, "/healthz")
        assert (status, json.loads(body)) == (503, {"ready": False, "problems": [sentence]})
        assert ask(health, "/livez") == (200, "alive\n")
        assert f"nightjar_{name}_" in ask(health, "/metrics")[1]
    finally:
        running.end()
        answering.end()
    assert caplog.messages.count(f"{sentence}; trying again for as long as it takes") == 1


def made(name: str, settings: Settings, broker: BrokerAddress, folder: Path) -> Accountable:
    if name == "capture":
        return CaptureService(settings, broker)
    if name == "motion":
        return MotionService(settings, broker)
    return ArchiverService(settings, broker, open_store((folder / "archive").as_uri()))


class Answering:
    """A health server as a service."""

    name = "health"

    def __init__(self, health: HealthServer) -> None:
        self.run = health.run

    def problems(self) -> list[str]:
        return []


def ask(health: HealthServer, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{health.port}{path}", timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()
