from datetime import timedelta
from pathlib import Path

from services.contract.experiments import ExperimentSummary, summary_key
from services.gateway.archive.summaries import MOST_RUNS, Summaries
from services.store import Store, open_store
from tests.unit.gateway.experiments import summary


def kept(store: Store, *runs: ExperimentSummary) -> list[ExperimentSummary]:
    for run in runs:
        store.put(summary_key(run), run.model_dump_json().encode(), "application/json")
    return list(runs)


def opened(tmp_path: Path) -> Store:
    store = open_store(tmp_path.as_uri())
    store.prepare()
    return store


def later(run: ExperimentSummary, hours: int) -> ExperimentSummary:
    return run.model_copy(update={"started": run.started + timedelta(hours=hours)})


def test_runs_are_found_in_the_usual_place_and_in_their_own_newest_first(tmp_path: Path) -> None:
    store = opened(tmp_path)
    first, second, third = kept(
        store,
        summary(ended=True),
        later(summary(name="fern", ended=True), 1),
        later(summary(prefix="garden/2026", name="far"), 2),
    )
    kept(store, summary(ended=True).model_copy(update={"camera": "yard"}))
    found = Summaries(store)
    assert found.newest_first("door", ["garden/2026"]) == [third, second, first]
    assert found.newest_first("door", []) == [second, first]
    assert found.newest_first("porch", []) == []


def test_an_archive_without_experiments_has_none(tmp_path: Path) -> None:
    assert Summaries(opened(tmp_path)).newest_first("door", ["experiments/leaves"]) == []


def test_a_run_that_goes_on_is_read_again_and_one_that_is_over_is_not(tmp_path: Path) -> None:
    store = opened(tmp_path)
    summaries = Summaries(store)
    kept(store, summary(taken=1))
    assert summaries.newest_first("door", [])[0].pictures == 1
    (over,) = kept(store, summary(taken=2, ended=True))
    assert summaries.newest_first("door", []) == [over]
    kept(store, summary(taken=3, ended=True))
    assert summaries.newest_first("door", []) == [over]


def test_what_is_no_summary_is_left_out(tmp_path: Path) -> None:
    store = opened(tmp_path)
    (run,) = kept(store, summary())
    store.put("experiments/leaves/door/summary-20990101T000000Z.json", b"{}", "application/json")
    assert Summaries(store).newest_first("door", []) == [run]


def test_a_page_has_only_the_latest(tmp_path: Path) -> None:
    store = opened(tmp_path)
    runs = kept(store, *(later(summary(), hours) for hours in range(MOST_RUNS + 3)))
    assert Summaries(store).newest_first("door", []) == runs[: -MOST_RUNS - 1 : -1]
