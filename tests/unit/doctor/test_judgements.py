"""What the doctor makes of what it saw."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from services.contract.message import Message
from services.contract.settings import CameraSettings
from services.contract.status import (
    ArchiverStats,
    CaptureStats,
    HealthDetail,
    MotionStats,
    ServiceInfo,
)
from services.contract.topics import Topics
from services.doctor.archive import judge_life_cycle
from services.doctor.cameras import judge_cameras
from services.doctor.disks import look_at_disks
from services.doctor.finding import Finding, is_ill
from services.doctor.limits import judge_limits
from services.doctor.rights import judge_rights, try_rights
from services.doctor.seen import Seen, look_at
from services.doctor.services import judge_services
from services.runtime import VERSION
from services.runtime.access import SERVICES, access_table
from services.runtime.broker.filters import matches
from services.runtime.mqtt.examine import Heard, Limits
from services.store.s3_expiry import Expiry

TOPICS = Topics()
NOW = datetime(2026, 11, 20, 8, 30, tzinfo=UTC)
CAMERAS = {name: CameraSettings(url="demo:") for name in ("door", "yard")}


class World:
    """A system that is well, as its messages tell it, until a test says something else."""

    def __init__(self) -> None:
        self.heard: list[Heard] = []
        for service in SERVICES:
            self.replica(service)
        for camera in CAMERAS:
            self.say(TOPICS.camera(camera, "status"), b"online")
            self.say(TOPICS.camera(camera, "health/detail"), HealthDetail().payload())
            for model in (CaptureStats, MotionStats, ArchiverStats):
                self.count(camera, model)

    def replica(self, service: str, slot: str = "1/1", **news: object) -> None:
        instance = slot.partition("/")[0]
        known = {"service": service, "version": VERSION, "instance": instance, "slot": slot, "since": NOW}
        info = ServiceInfo.model_validate({"cameras": list(CAMERAS), **known, **news})
        self.say(TOPICS.service(service, instance), b"online")
        self.say(TOPICS.service_info(service, instance), info.payload())

    def count(self, camera: str, model: type[Message], late_s: float = 0.0, **counts: object) -> None:
        zero = {name: 0 for name, field in model.model_fields.items() if field.annotation in (int, float)}
        told = NOW - timedelta(seconds=late_s)
        stats = model.model_validate({**zero, "time": told, "session": "0" * 16, **counts})
        service = {CaptureStats: "capture", MotionStats: "motion", ArchiverStats: "archiver"}[model]
        self.say(TOPICS.stats(camera, service), stats.payload())

    def say(self, topic: str, payload: bytes, *, retained: bool = False) -> None:
        self.heard.append(Heard(topic, payload, retained, NOW.timestamp()))

    def seen(self) -> Seen:
        return look_at(self.heard, TOPICS)

    def services(self) -> list[Finding]:
        return judge_services(self.seen(), CAMERAS)

    def cameras(self) -> list[Finding]:
        return judge_cameras(self.seen(), CAMERAS)


def ills(findings: list[Finding]) -> list[str]:
    found = [each for each in findings if is_ill([each])]
    assert all(each.advice for each in found)
    return [each.text for each in found]


class TestServices:
    def test_nothing_is_wrong_with_a_system_that_is_well(self) -> None:
        assert ills(World().services()) == []

    def test_one_that_has_stopped_is_missed_with_what_it_means(self) -> None:
        world = World()
        world.say(TOPICS.service("motion", "1"), b"offline")
        assert ills(world.services()) == ["motion is not running: nothing that moves is noticed"]

    def test_a_slot_that_nobody_has_is_named_with_its_cameras(self) -> None:
        world = World()
        world.replica("motion", "1/2", cameras=[], since=NOW + timedelta(seconds=1))
        texts = ills(world.services())
        assert any(text.startswith("nobody has the slot 2/2 of motion") for text in texts)

    def test_two_with_one_slot_are_known_by_work_that_the_remembered_one_does_not_do(self) -> None:
        world = World()
        world.replica("motion", cameras=[])  # the older one rests, and spoke last
        assert any(
            "two replicas of motion say that they are the same slot" in text
            for text in ills(world.services())
        )

    def test_one_that_was_just_started_again_is_no_second_one(self) -> None:
        world = World()
        info = ServiceInfo(
            service="motion", version=VERSION, instance="1", run="before", cameras=list(CAMERAS)
        )
        world.heard.insert(
            0, Heard(TOPICS.service_info("motion", "1"), info.payload(), True, NOW.timestamp())
        )
        assert ills(world.services()) == []

    def test_versions_that_do_not_match_are_named(self) -> None:
        world = World()
        world.replica("gateway", version="9.9")
        (text,) = ills(world.services())
        assert text.endswith(f"({VERSION}: capture, motion, archiver; 9.9: gateway)")

    def test_a_paused_archiver_is_said(self) -> None:
        world = World()
        world.replica("archiver", paused=True)
        assert ills(world.services()) == [
            "archiver 1/1 has paused: neither the archive nor its spool takes frames"
        ]

    @pytest.mark.parametrize(("late_s", "words"), [(60.0, "60 s behind"), (-60.0, "60 s ahead of")])
    def test_a_clock_that_is_wrong_is_said(self, late_s: float, words: str) -> None:
        world = World()
        world.heard = [each for each in world.heard if not each.topic.endswith("stats/capture")]
        world.count("door", CaptureStats, late_s)
        (text,) = ills(world.services())
        assert text.startswith(f"the clock of capture is {words}")

    def test_clocks_that_are_wrong_alike_are_one_sentence(self) -> None:
        world = World()
        world.heard = [each for each in world.heard if "stats/" not in each.topic]
        for model in (CaptureStats, MotionStats, ArchiverStats):
            world.count("door", model, -90)
        (text,) = ills(world.services())
        assert text.startswith("the clock of archiver, capture, motion is 90 s ahead of this machine's")

    def test_what_the_broker_remembers_says_nothing_of_clocks(self) -> None:
        world = World()
        world.heard = [each for each in world.heard if "stats/" not in each.topic]
        stats = json.dumps({"time": "2020-01-01T00:00:00Z"})
        world.say(TOPICS.stats("door", "capture"), stats.encode(), retained=True)
        assert ills(world.services()) == []


class TestCameras:
    def test_nothing_is_wrong_with_cameras_that_are_well(self) -> None:
        world = World()
        world.count("door", CaptureStats, captured=1200)
        assert ills(world.cameras()) == []
        assert world.cameras()[-1].text == "no frame was lost, of 1200 frames since the services began"

    def test_a_problem_is_said(self) -> None:
        world = World()
        world.say(TOPICS.camera("door", "health/detail"), HealthDetail(problem="no route").payload())
        assert ills(world.cameras()) == ["door: no route"]

    def test_one_that_nobody_speaks_of_is_missed(self) -> None:
        world = World()
        world.heard = [each for each in world.heard if "/yard/" not in each.topic]
        assert ills(world.cameras()) == ["yard: nothing has been heard of it"]

    def test_without_capture_nothing_is_said_of_them(self) -> None:
        world = World()
        world.say(TOPICS.service("capture", "1"), b"offline")
        world.say(TOPICS.camera("door", "status"), b"offline")
        assert [each.text for each in world.cameras()] == [
            "how they are is not known while capture does not run"
        ]

    def test_frames_that_the_archive_does_not_take_are_said(self) -> None:
        world = World()
        world.count("door", ArchiverStats, in_spool=131)
        assert ills(world.cameras()) == [
            "door: 131 frames in the archiver's spool, which the archive has not taken yet"
        ]

    def test_what_was_lost_is_counted_by_where(self) -> None:
        world = World()
        world.count("door", CaptureStats, lost=3)
        world.count("yard", MotionStats, missing=5)
        world.count("yard", ArchiverStats, failed=7)
        assert ills(world.cameras()) == [
            "frames were lost before the broker, whose absence outlasted capture.outbox_mb: door 3",
            "frames were lost between capture and motion, which nobody had any more: yard 5",
            "frames were lost because the archive refused them: yard 7",
        ]

    def test_what_is_nearly_full_is_said_before_something_is_lost(self) -> None:
        world = World()
        world.count("door", CaptureStats, outbox_filled=0.9)
        assert ills(world.cameras()) == ["door: the outbox for the broker is 90% full"]


class TestLimits:
    def test_a_broker_without_bounds_is_well(self) -> None:
        assert ills(judge_limits(Limits("5"), "mqtt://here", 8)) == []

    @pytest.mark.parametrize(
        ("limits", "words"),
        [
            (Limits("5", max_packet_bytes=1_000_000), "messages of up to 1.0 MB"),
            (Limits("5", max_qos=0), "QoS 0 only"),
            (Limits("5", retains=False), "no retained messages"),
            (Limits("5", wildcards=False), "no wildcards"),
            (Limits("5", session_s=3600), "keeps a session for 3600 s"),
            (Limits("5", at_a_time=2), "takes 2 messages at a time"),
        ],
    )
    def test_a_bound_that_is_too_low_is_said(self, limits: Limits, words: str) -> None:
        (text,) = ills(judge_limits(limits, "mqtt://here", 8))
        assert words in text


class TestRights:
    @pytest.mark.parametrize("user", SERVICES)
    def test_our_own_table_gives_each_what_it_must_have_and_no_more(self, user: str) -> None:
        table = next(access for access in access_table("nightjar") if access.user == user)
        trial = try_rights(
            user, "nightjar", lambda topic: any(matches(each, topic) for each in table.writes), tells=True
        )
        assert ills(list(judge_rights(trial))) == []

    def test_who_may_write_everything_is_told_of_what_is_others(self) -> None:
        (text,) = ills(list(judge_rights(try_rights("motion", "nightjar", lambda _: True, tells=True))))
        assert text.startswith("the user motion may write ")

    def test_who_may_write_nothing_is_told_of_what_he_must(self) -> None:
        (text,) = ills(list(judge_rights(try_rights("motion", "nightjar", lambda _: False, tells=True))))
        assert text.startswith("the broker does not let the user motion write ")

    def test_the_one_user_of_a_broker_of_ones_own_must_write_everything(self) -> None:
        assert ills(list(judge_rights(try_rights("me", "nightjar", lambda _: True, tells=True)))) == []


class TestLifeCycle:
    @pytest.mark.parametrize(
        ("rule", "prefix", "keep_days", "ill"),
        [
            (Expiry("r", "", 7), "", 30, True),
            (Expiry("r", "", 40), "", 30, False),
            (Expiry("r", "", 400), "", 0, True),  # for ever
            (Expiry("r", "", None), "", 30, True),
            (Expiry("r", "logs/", 1), "cameras", 30, False),
            (Expiry("r", "cameras/door/", 1), "cameras", 30, True),
            (Expiry("r", "", 1, by_tag=True), "", 30, False),
        ],
    )
    def test_a_rule_that_deletes_what_is_to_be_kept_is_said(
        self, rule: Expiry, prefix: str, keep_days: float, *, ill: bool
    ) -> None:
        assert is_ill(judge_life_cycle([rule], prefix, keep_days)) == ill


def test_a_disk_without_the_room_that_is_to_stay_free_is_said(tmp_path: Path) -> None:
    folder = tmp_path / "not" / "yet"
    assert is_ill(look_at_disks({"for state": (folder, 1e9)}))
    assert [each.part for each in look_at_disks({"for state": (folder, 0.0)})] == ["disk"]
