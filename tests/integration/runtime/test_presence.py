"""Everybody can see whether a service is there, and who it is."""

import json
from datetime import UTC, datetime, timedelta

from services.contract.partition import Partition
from services.contract.topics import Topics
from services.runtime import VERSION
from services.runtime.mqtt import BrokerAddress
from services.runtime.presence import Presence
from tests.integration.runtime.conftest import address
from tests.integration.runtime.links import Retained, eventually, running
from tests.real import MqttServer
from tests.servers.wire import Wire


def test_a_service_is_online_while_it_is_there(broker: BrokerAddress, name: str) -> None:
    state = Retained(broker, f"{name}/service/motion/1")
    link = Presence(broker, Topics(name), "motion", Partition(), ["door"]).link
    with state.watched():
        with running(link):
            state.becomes("online")
        state.becomes("offline")
    assert state.words == ["online", "offline"]


def test_a_service_that_is_gone_without_a_word_is_offline(
    server: MqttServer, broker: BrokerAddress, name: str
) -> None:
    state = Retained(broker, f"{name}/service/motion/1")
    with state.watched(), Wire(server.port) as wire:
        link = Presence(address(server, wire.port), Topics(name), "motion", Partition(), []).link
        with running(link):
            state.becomes("online")
            wire.cut()
            eventually(lambda: state.words[:3] == ["online", "offline", "online"])


def test_who_connects_late_sees_who_is_there(broker: BrokerAddress, name: str) -> None:
    info = Retained(broker, f"{name}/service/motion/1/info")
    with (
        running(Presence(broker, Topics(name), "motion", Partition(), ["door", "yard"]).link),
        info.watched(),
    ):
        eventually(lambda: info.words)
        said = json.loads(info.words[-1])
        assert len(said.pop("run")) == 8
        assert datetime.now(UTC) - datetime.fromisoformat(said.pop("since")) < timedelta(minutes=1)
        assert said == {
            "service": "motion", "version": VERSION, "instance": "1", "slot": "1/1",
            "cameras": ["door", "yard"], "paused": False, "problem": "",
        }  # fmt: skip
