"""The doctor before real servers that are well, and real ones that are not."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from minio.commonconfig import ENABLED, Filter
from minio.lifecycleconfig import Expiration, LifecycleConfig, Rule
from paho.mqtt import publish

from services.contract.settings import ArchiveSettings, Settings
from services.contract.status import MotionStats, ServiceInfo
from services.contract.topics import Topics
from services.doctor.archive import look_at_archive
from services.doctor.command import examine
from services.doctor.finding import Finding, Level
from services.runtime import VERSION
from services.runtime.access import acl_text
from tests import backends
from tests.real import MqttServer, S3Server

LISTEN_S = 0.5
TOPICS = Topics()


def settings(server: MqttServer, folder: Path, *, password: str = "") -> Settings:
    mqtt = {"url": server.url, "user": server.user, "password": password or server.password}
    return Settings.model_validate(
        {
            "mqtt": mqtt,
            "archive": {"url": folder.as_uri()},
            "state_dir": folder,
            "cameras": {"door": {"url": "demo:"}},
        }
    )


def ills(findings: list[Finding], part: str) -> list[str]:
    return [
        each.text
        for each in findings
        if each.part == part and each.level in (Level.WARNING, Level.WRONG) and each.advice
    ]


@contextmanager
def broker(folder: Path, user: str, acl: str) -> Iterator[MqttServer]:
    folder.mkdir()
    with backends.running_mqtt(folder, user, acl) as server:
        yield server


def say(server: MqttServer, topic: str, payload: bytes, *, retain: bool = True) -> None:
    publish.single(
        topic, payload, qos=1, retain=retain, hostname=server.host, port=server.port,
        auth={"username": server.user, "password": server.password},
    )  # fmt: skip


def test_the_rights_that_we_hand_out_are_found_to_be_right(tmp_path: Path) -> None:
    with broker(tmp_path / "broker", "motion", acl_text("nightjar")) as server:
        found = list(examine(settings(server, tmp_path), LISTEN_S))
    assert ills(found, "rights") == []
    assert [each.level for each in found if each.part == "rights"] == [Level.WELL]


def test_an_acl_without_a_right_and_one_with_too_many_are_said(tmp_path: Path) -> None:
    acl = acl_text("nightjar").replace("topic write nightjar-frames/+/event/+", "topic write stray/#")
    with broker(tmp_path / "less", "motion", acl) as server:
        less = list(examine(settings(server, tmp_path), LISTEN_S))
    with broker(tmp_path / "more", "motion", "user motion\ntopic readwrite #\n") as server:
        more = list(examine(settings(server, tmp_path), LISTEN_S))
    assert ills(less, "rights") == ["the broker does not let the user motion write nightjar-frames/+/event/+"]
    assert ills(more, "rights")[0].startswith("the user motion may write ")


def test_a_wrong_password_and_a_broker_that_is_away_are_said(mqtt_server: MqttServer, tmp_path: Path) -> None:
    found = list(examine(settings(mqtt_server, tmp_path, password="wrong"), LISTEN_S))
    assert "refuses the user 'tests'" in ills(found, "broker")[0]
    away = settings(mqtt_server, tmp_path)
    away = away.model_copy(update={"mqtt": away.mqtt.model_copy(update={"url": "mqtt://127.0.0.1:9"})})
    assert "cannot be reached" in ills(list(examine(away, LISTEN_S)), "broker")[0]


def test_a_stopped_service_and_a_clock_that_is_wrong_are_said(
    mqtt_server: MqttServer, tmp_path: Path
) -> None:
    late = datetime.now(UTC) - timedelta(minutes=5)
    info = ServiceInfo(service="motion", version=VERSION, instance="1", cameras=["door"])
    stats = dict.fromkeys(MotionStats.model_fields, 0) | {"time": late, "last_event": None}
    prefix = "nightjar-doctored"
    own = settings(mqtt_server, tmp_path)
    own = own.model_copy(update={"mqtt": own.mqtt.model_copy(update={"prefix": prefix})})
    topics = Topics(prefix)
    say(mqtt_server, topics.service("motion", "1"), b"online")
    say(mqtt_server, topics.service_info("motion", "1"), info.payload())
    say(mqtt_server, topics.service("capture", "1"), b"offline")
    findings: list[Finding] = []
    for finding in examine(own, 3.0, tries_rights=False):
        if not findings:  # it has connected, and listens from here on
            saying = MotionStats.model_validate(stats).payload()
            threading.Timer(
                1.0, say, [mqtt_server, topics.stats("door", "motion"), saying], {"retain": False}
            ).start()
        findings.append(finding)
    texts = ills(findings, "services")
    assert "capture is not running: no camera delivers pictures" in texts
    assert any(text.startswith("the clock of motion is 30") for text in texts), texts


class TestTheArchive:
    def test_a_bucket_that_is_well_is_put_to_read_and_deleted_from(self, s3_server: S3Server) -> None:
        found = list(look_at_archive(self._archive(s3_server, s3_server.make_bucket()), writes=True))
        assert [each.level for each in found] == [Level.WELL]
        assert found[0].text.endswith("lets us list, put, read, delete")

    def test_a_wrong_key_is_said(self, s3_server: S3Server) -> None:
        archive = self._archive(s3_server, s3_server.make_bucket(), secret="wrong-wrong-wrong")
        (text,) = ills(list(look_at_archive(archive, writes=True))[:1], "archive")
        assert "does not let us list" in text
        assert "refused the key" in text

    def test_a_rule_that_deletes_early_is_said(self, s3_server: S3Server) -> None:
        bucket = s3_server.make_bucket()
        rule = Rule(ENABLED, rule_filter=Filter(prefix=""), rule_id="tidy", expiration=Expiration(days=7))
        with s3_server.client() as client:
            client.set_bucket_lifecycle(bucket, LifecycleConfig([rule]))
        found = list(look_at_archive(self._archive(s3_server, bucket), writes=True))
        assert ills(found, "archive") == [
            "the bucket's life-cycle rule tidy deletes after 7 days, and archive.keep_days keeps events for "
            "30 days"
        ]

    @staticmethod
    def _archive(server: S3Server, bucket: str, secret: str = "") -> ArchiveSettings:
        archive = {
            "url": server.archive_url(bucket),
            "access_key": server.access_key,
            "secret_key": secret or server.secret_key,
        }
        return Settings.model_validate({"archive": archive, "cameras": {}}).archive
