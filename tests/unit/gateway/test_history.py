import tracemalloc
from datetime import UTC, datetime, timedelta

from services.contract.message import Message
from services.contract.status import ArchiverStats, CaptureStats, MotionStats
from services.gateway.live.camera import CameraState
from services.gateway.live.history import COARSE, FINE, History, Sample
from services.gateway.pages.plots import begin, plots

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def camera(fps: float = 15.0) -> CameraState:
    state = CameraState("door", "Door")
    said: dict[type[Message], dict[str, float]] = {
        CaptureStats: {"fps": fps, "lost": 2},
        MotionStats: {"latency_ms": 12.0, "missing": 1},
        ArchiverStats: {"stored": 7, "waiting": 3, "in_spool": 4, "failed": 1},
    }
    names = ("capture", "motion", "archiver")
    state.stats = {name: kind.model_construct(**said[kind]) for name, kind in zip(names, said, strict=True)}  # type: ignore[arg-type] # the rest is not looked at
    return state


def test_a_sample_brings_together_what_the_services_count() -> None:
    history = History()
    history.note([camera()], NOW)
    assert history.of("door", 1) == [Sample(NOW, 15.0, 12.0, 7, 4, 7)]
    assert history.of("nobody", 1) == []


def test_it_samples_when_it_is_time_and_forgets_what_is_old() -> None:
    history = History()
    for second in range(0, 2 * 86400, 5):
        history.note([camera()], NOW + timedelta(seconds=second))
    fine, coarse = history.of("door", 1), history.of("door", 24)
    assert (len(fine), len(coarse)) == (FINE[1], COARSE[1])
    assert fine[1].time - fine[0].time == timedelta(seconds=FINE[0])
    assert coarse[1].time - coarse[0].time == timedelta(seconds=COARSE[0])


def test_a_plot_says_in_words_what_it_shows() -> None:
    samples = [Sample(NOW - timedelta(seconds=10 * n), fps=15.0 - n) for n in range(5, -1, -1)]
    first = plots(samples, 1, NOW)[0]
    assert first.words == "Frames a second: now 15.0, between 10.0 and 15.0"
    assert len(first.strokes) == 1


def test_a_silence_is_a_gap_and_not_a_line() -> None:
    times = [NOW - timedelta(minutes=m) for m in (50, 49, 5, 4)]
    assert len(plots([Sample(time, fps=1.0) for time in times], 1, NOW)[0].strokes) == 2


def test_what_nobody_has_said_is_not_drawn() -> None:
    assert [plot.strokes for plot in plots([], 1, NOW)] == [[], [], [], []]
    assert plots([], 1, NOW)[0].words == "Frames a second: nothing is known yet"


def test_plots_begin_where_something_is_known() -> None:
    assert begin([], 1, NOW) == NOW - timedelta(hours=1)
    assert begin([Sample(NOW - timedelta(minutes=3))], 1, NOW) == NOW - timedelta(minutes=3)
    assert begin([Sample(NOW - timedelta(hours=3))], 1, NOW) == NOW - timedelta(hours=1)


def test_all_of_its_memory_is_taken_with_a_cameras_first_sample() -> None:
    history, cameras = History(), [camera()]
    history.note(cameras, NOW)
    tracemalloc.start()
    try:
        for second in range(10, 2 * 86400, 10):
            history.note(cameras, NOW + timedelta(seconds=second))
        grown, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert grown < 5_000  # a day's samples as objects are 150 KB
