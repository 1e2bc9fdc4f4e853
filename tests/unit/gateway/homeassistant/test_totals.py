from services.contract.status import ArchiverStats, MotionStats
from services.gateway.homeassistant.totals import health, totals
from services.gateway.live.camera import CameraState
from services.gateway.live.health import Trouble
from tests.unit.gateway.frames import NOW
from tests.unit.gateway.test_state import STATS

MOTION = MotionStats(
    time=NOW, fps=1, received=1, analysed=1, unanalysed=0, undecodable=0, repaired=0, missing=2, events=1,
    event_frames=1, open_handovers=0, latency_ms=1,
)  # fmt: skip
ARCHIVER = ArchiverStats(time=NOW, stored=1, stored_bytes=1, events=1, failed=3, unusable=0, waiting=7)


def test_what_was_lost_and_what_waits_is_summed_over_the_services() -> None:
    capture = STATS.model_copy(update={"lost": 1, "outbox_frames": 5})
    camera = CameraState("door", "Door", stats={"capture": capture, "motion": MOTION, "archiver": ARCHIVER})
    found = totals(camera)
    assert (found.lost, found.backlog) == (6, 12)


def test_what_motion_misses_and_a_manifest_names_is_counted_once() -> None:
    archiver = ARCHIVER.model_copy(update={"failed": 0, "missing": 2})
    assert totals(CameraState("door", "Door", stats={"motion": MOTION, "archiver": archiver})).lost == 2
    archiver = ARCHIVER.model_copy(update={"failed": 0, "missing": 9})
    assert totals(CameraState("door", "Door", stats={"motion": MOTION, "archiver": archiver})).lost == 9


def test_a_service_that_has_said_nothing_counts_as_nothing() -> None:
    found = totals(CameraState("door", "Door"))
    assert (found.lost, found.backlog) == (0, 0)


def test_all_that_is_wrong_is_one_text_that_home_assistant_can_keep() -> None:
    assert health([]).problem == ""
    two = [Trouble("Motion is not running.", "Start it."), Trouble("Door: it is dark.", "", since=NOW)]
    assert health(two).problem == "Motion is not running. Door: it is dark."
    assert health(two).since == NOW
    assert len(health([Trouble("x" * 200, "")] * 1000).payload()) < 16_384
