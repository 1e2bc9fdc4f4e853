from datetime import timedelta

from services.contract.partition import slot_of
from services.contract.status import ArchiverStats, HealthDetail, MotionStats, ServiceInfo
from services.contract.topics import Topics
from services.gateway.live.health import Trouble, dated, troubles
from services.gateway.live.state import LiveState
from tests.unit.gateway.frames import NOW
from tests.unit.gateway.test_state import STATS


def well() -> LiveState:
    state = LiveState(Topics(), {"door": "Front door"}, lambda *_: None)
    for service in ("capture", "motion", "archiver", "gateway"):
        state.take(f"nightjar/service/{service}/1", b"online")
    state.take("nightjar/camera/door/status", b"online")
    state.take("nightjar/camera/door/stats/capture", STATS.payload())
    return state


def said(state: LiveState, broker: str = "", archive: str = "") -> list[str]:
    return [trouble.text for trouble in troubles(state, broker, archive)]


def test_when_all_is_well_nothing_is_said() -> None:
    assert said(well()) == []


def test_without_the_broker_nothing_is_said_of_others_since_nothing_is_known_but_of_the_archive() -> None:
    state = LiveState(Topics(), {"door": "Front door"}, lambda *_: None)
    assert said(state, broker="the broker mqtt://b:1883 cannot be reached: refused") == [
        "The broker mqtt://b:1883 cannot be reached: refused."
    ]
    both = troubles(state, "the broker is away", "S3 is away")
    assert [trouble.text for trouble in both] == ["The broker is away.", "S3 is away."]


def test_a_service_that_is_missing_is_named_with_what_people_miss() -> None:
    state = well()
    state.take("nightjar/service/archiver/1", b"offline")
    (trouble,) = troubles(state, "", "")
    assert trouble.text == "Archiver is not running: events are not stored; their frames wait."
    assert "docker compose logs archiver" in trouble.advice


def test_a_paused_archiver_is_said() -> None:
    state = well()
    info = ServiceInfo(service="archiver", version="1", instance="1", cameras=["door"], paused=True)
    state.take("nightjar/service/archiver/1/info", info.payload())
    assert said(state) == ["The archiver has paused: it cannot store at the moment."]


def replica(slot: str, cameras: list[str]) -> ServiceInfo:
    return ServiceInfo(
        service="motion", version="1", instance=slot[0], slot=slot, cameras=cameras, run=slot, since=NOW
    )


def test_a_slot_that_nobody_has_is_named_with_its_cameras() -> None:
    state = well()
    slot = slot_of("door", 2)
    state.take("nightjar/service/motion/1", b"offline")
    state.take(f"nightjar/service/motion/{3 - slot}", b"online")
    state.take(f"nightjar/service/motion/{3 - slot}/info", replica(f"{3 - slot}/2", []).payload())
    (trouble,) = troubles(state, "", "")
    assert trouble.text == f"Nobody has the slot {slot}/2 of motion, and so these cameras: Front door."
    assert trouble.advice == f"Start the replica of motion with NIGHTJAR_PARTITION={slot}/2."
    state.take(f"nightjar/service/motion/{slot}", b"online")
    state.take(f"nightjar/service/motion/{slot}/info", replica(f"{slot}/2", ["door"]).payload())
    assert said(state) == []


def test_a_camera_says_its_own_problem_and_since_when() -> None:
    state = well()
    state.take("nightjar/camera/door/status", b"offline")
    state.take("nightjar/camera/door/health/detail", HealthDetail(problem="no answer", since=NOW).payload())
    (trouble,) = troubles(state, "", "")
    assert (trouble.text, trouble.since, trouble.camera) == ("Front door: No answer.", NOW, "door")


def test_a_camera_without_a_problem_may_still_be_offline_or_unheard_of() -> None:
    state = well()
    state.take("nightjar/camera/door/status", b"offline")
    assert said(state) == ["Front door: the camera is offline."]
    state.take("nightjar/camera/door/status", b"")
    assert said(state) == ["Front door: nothing has been heard of the camera."]


def test_a_camera_that_was_switched_off_is_no_trouble() -> None:
    state = well()
    state.take("nightjar/camera/door/enabled/state", b"OFF")
    state.take("nightjar/camera/door/status", b"offline")
    assert said(state) == []


def test_every_lost_frame_is_accounted_for() -> None:
    state = well()
    motion = MotionStats(
        time=NOW, fps=15, received=9, analysed=9, unanalysed=0, undecodable=0, repaired=0, missing=1,
        events=0, event_frames=0, open_handovers=0, latency_ms=1,
    )  # fmt: skip
    archiver = ArchiverStats(
        time=NOW, stored=0, stored_bytes=0, events=0, failed=3, missing=3, unusable=0, waiting=0,
        spooled=0, in_spool=0,
    )  # fmt: skip
    state.take("nightjar/camera/door/stats/capture", STATS.model_copy(update={"lost": 2}).payload())
    state.take("nightjar/camera/door/stats/motion", motion.payload())
    state.take("nightjar/camera/door/stats/archiver", archiver.payload())
    assert said(state) == [
        "Front door: 2 frames never reached the broker.",
        "Front door: 1 frame went missing on the way to motion.",
        "Front door: 3 frames could not be stored.",
    ]


def test_an_archive_that_cannot_be_read_is_said() -> None:
    assert said(well(), archive="the archive's folder /srv is away") == ["The archive's folder /srv is away."]


def test_what_is_about_to_be_full_is_said_before_something_is_lost() -> None:
    state = well()
    archiver = ArchiverStats(
        time=NOW, stored=0, stored_bytes=0, events=0, failed=0, unusable=0, waiting=0, spool_filled=0.85
    )
    state.take(
        "nightjar/camera/door/stats/capture", STATS.model_copy(update={"outbox_filled": 0.9}).payload()
    )
    state.take("nightjar/camera/door/stats/archiver", archiver.payload())
    assert said(state) == ["The archiver's spool is 85% full.", "Front door: its outbox is 90% full."]


def test_a_trouble_is_dated_from_when_it_was_seen_first_whatever_is_counted_since() -> None:
    first, later = NOW, NOW + timedelta(minutes=5)
    before = dated([Trouble("Door: 3 frames never reached the broker.", "…", camera="door")], [], first)
    after = dated([Trouble("Door: 9 frames never reached the broker.", "…", camera="door")], before, later)
    assert (before[0].since, after[0].since) == (first, first)
    own = Trouble("Door: too dark.", "…", since=first)
    assert dated([own], [], later) == [own]
