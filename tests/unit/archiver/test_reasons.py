from services.archiver.reasons import MOST_EVENTS, Reasons
from tests.unit.archiver.events import EVENT, frame_id, handover

SHA256 = "0" * 64


def said_of(reasons: Reasons, camera: str, event: str) -> str | None:
    return reasons.metadata(frame_id(1, camera), event, SHA256).get("reason")


def test_a_frame_that_comes_after_its_events_end_has_the_reason_all_the_same() -> None:
    reasons = Reasons()
    reasons.settle(handover(1, 2))
    assert said_of(reasons, "yard", EVENT) == "motion"
    assert said_of(reasons, "door", EVENT) is None


def test_a_camera_that_never_rests_pushes_out_its_own_events_and_no_others() -> None:
    reasons = Reasons()
    reasons.settle(handover(1).model_copy(update={"camera": "door"}))
    events = [f"20261120T083000Z-{number:08x}" for number in range(MOST_EVENTS + 1)]
    for event in events:
        reasons.settle(handover(1, event=event))
    assert said_of(reasons, "door", EVENT) == "motion"
    assert said_of(reasons, "yard", events[0]) is None
    assert said_of(reasons, "yard", events[1]) == "motion"
