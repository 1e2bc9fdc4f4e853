from datetime import timedelta

import pytest

from services.contract.events import EventMessage
from services.contract.experiments import (
    Experiment,
    ExperimentSummary,
    OpenSlice,
    OpenSlices,
    Slice,
    Spread,
    layout_of,
    summary_key,
)
from services.contract.frame import FrameId
from services.contract.handover import FrameRef, SliceHandover
from tests.unit.capture.experiments.world import START

SLICE = "20261120T083000Z-0000000a"


def summary(**changes: object) -> ExperimentSummary:
    spread = Spread(count=0)
    fields = {
        "camera": "yard",
        "experiment": Experiment(name="leaves", interval_s=10),
        "started": START,
        "pictures": 0,
        "missed": 0,
        "bytes": 0,
        "intervals": spread,
        "off": spread,
    }
    return ExperimentSummary.model_validate(fields | changes)


@pytest.mark.parametrize("prefix", ["experiments/leaves", "a", "a.b/c=d/E-_", "x" * 200])
def test_every_prefix_that_is_taken_makes_keys_that_are_read_back(prefix: str) -> None:
    experiment = Experiment(name="leaves", interval_s=10, prefix=prefix)
    layout = layout_of(experiment.folder)
    key = layout.frame_key(FrameId("yard", 7, 42, START), SLICE)
    assert key == f"{prefix}/yard/{SLICE}/20261120T083000.000000Z-00000042.jpg"
    parsed = layout.parse_frame_key(key)
    assert parsed
    assert (parsed.camera, parsed.event, parsed.sequence) == ("yard", SLICE, 42)


@pytest.mark.parametrize("prefix", ["/a", "a/", "a//b", "..", "a/./b", "a b", "a{event}", "ä", "x" * 201])
def test_a_prefix_that_is_none_is_refused(prefix: str) -> None:
    with pytest.raises(ValueError, match="between its slashes go"):
        Experiment(name="leaves", interval_s=10, prefix=prefix)


def test_each_run_of_an_experiment_has_a_summary_of_its_own() -> None:
    later = summary(started=START + timedelta(seconds=1))
    assert summary_key(summary()) == "experiments/leaves/yard/summary-20261120T083000Z.json"
    assert summary_key(later) != summary_key(summary())
    assert summary_key(summary(pictures=5, ended=START)) == summary_key(summary())


def test_a_handover_of_a_slice_is_a_handover() -> None:
    """So that whoever knows nothing of experiments understands it."""
    handover = SliceHandover(
        camera="yard",
        event=SLICE,
        reason="interval",
        started=START,
        ended=START,
        frames=[FrameRef(session=f"{7:016x}", sequence=42)],
        slice=Slice(experiment="leaves", prefix="experiments/leaves", interval_s=10, off_s=[0.001]),
        summary=summary(),
    )
    assert SliceHandover.model_validate_json(handover.payload()).frames == handover.frames
    assert SliceHandover.model_validate_json(handover.payload()) == handover


def test_a_full_slice_fits_into_a_message_of_100_kb() -> None:
    handover = SliceHandover(
        camera="y" * 63,
        event=SLICE,
        reason="interval",
        started=START,
        ended=START,
        frames=[FrameRef(session="f" * 16, sequence=10_000_000 + n) for n in range(1000)],
        slice=Slice(experiment="e" * 63, prefix="p" * 200, interval_s=0.1, off_s=[-0.000123] * 1000),
        summary=summary(),
    )
    assert len(handover.payload()) < 100_000


def test_what_is_said_of_an_interval_is_an_event() -> None:
    said = EventMessage.model_validate(
        {
            "event_type": "interval",
            "camera": "yard",
            "time": START,
            "pictures": 1,
            "missed": 0,
            "worst_off_s": 0.0,
        }
    )
    assert EventMessage.model_validate_json(said.payload()).event_type == "interval"


def test_an_open_slice_says_where_its_pictures_go_and_all_else_goes_where_events_go() -> None:
    slices = OpenSlices(slices=[OpenSlice(event=SLICE, experiment="leaves", prefix="experiments/leaves")])
    assert (slices.prefix(SLICE), slices.prefix("20261120T083000Z-3f9c")) == ("experiments/leaves", "")
