"""An experiment's pictures are in its prefix, each in a manifest, whatever goes wrong meanwhile."""

import json
import logging
import re
import statistics
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any, TypeVar

import pytest

from services.capture import opening
from services.capture import service as capture_module
from services.capture.service import CaptureService
from services.contract.archive import Manifest
from services.contract.controls import EXPERIMENT
from services.contract.events import EventMessage, EventType
from services.contract.experiments import ExperimentSummary
from services.contract.frame import identify
from services.contract.settings import Settings
from services.contract.topics import Topics
from services.store import NotStored, StoreUnavailable
from tests.integration.pipeline.listener import Listener
from tests.integration.pipeline.pipeline import ROOT, Pipeline
from tests.integration.pipeline.test_nothing_is_lost import Closed, losing
from tests.real import MqttServer
from tests.runners import free_port

pytestmark = [pytest.mark.real, pytest.mark.timeout(90)]

T = TypeVar("T")

NAME, INTERVAL_S = "leaves", 0.2
#: So that a test sees several slices.
A_SLICE = 15


class Garden:
    """A demo camera whose pictures are taken on a schedule, and the archive they go to."""

    def __init__(self, pipeline: Pipeline, listener: Listener) -> None:
        self.pipeline, self.listener = pipeline, listener
        self.camera, self.topics = pipeline.camera, Topics(pipeline.prefix)
        url = "demo:?size=320x180&fps=10"
        camera = pipeline.settings.cameras[self.camera].model_copy(update={"url": url})
        self.settings: Settings = pipeline.settings.model_copy(update={"cameras": {self.camera: camera}})
        pipeline.capture = self.new_capture()
        self.pictures: dict[tuple[str, int], bytes] = {}

    def new_capture(self) -> CaptureService:
        return CaptureService(self.settings, self.pipeline.address)

    # -- what people do ------------------------------------------------------------------------------------

    def open(self) -> None:
        """Until it hears what it is to do."""
        self.pipeline.start("archiver", "capture")
        shown = self.topics.setting_state(self.camera, EXPERIMENT)
        self.wait_for("setting", lambda: shown in self.listener.state)
        self.wait_for("pictures", lambda: self.listener.live)

    def ask(self, **experiment: Any) -> None:
        payload = json.dumps({"name": NAME, "interval_s": INTERVAL_S} | experiment)
        self.listener.publish(self.topics.setting_set(self.camera, EXPERIMENT), payload.encode())

    def stop(self) -> None:
        self.listener.publish(self.topics.setting_set(self.camera, EXPERIMENT), b"")

    def restart_capture(self, away_s: float) -> None:
        self.pipeline.end("capture")
        self.pictures |= self._in_ring()
        self.pipeline.play(away_s)
        self.pipeline.capture = self.new_capture()
        self.pipeline.start("capture")

    def capture_process(self) -> subprocess.Popen[bytes]:
        """Capture in a process of its own, to be killed, instead of the one here."""
        self.pipeline.end("capture")
        address, config = self.pipeline.address, self.pipeline.folder / "nightjar.yaml"
        settings = {
            "mqtt": {
                "url": f"mqtt://{address.host}:{address.port}",
                "prefix": self.pipeline.prefix,
                "user": address.user,
                "password": address.password,
            },
            "health": {"listen": f"127.0.0.1:{free_port()}"},
            "state_dir": str(self.settings.state_dir),
            "cameras": {self.camera: {"url": self.settings.cameras[self.camera].url}},
        }
        config.write_text(json.dumps(settings))
        command = [sys.executable, "-m", "services.capture", "--config", str(config)]
        process = subprocess.Popen(command, cwd=ROOT)
        self.pipeline._processes.append(process)
        return process

    # -- what happens --------------------------------------------------------------------------------------

    def wait_for(self, what: str, condition: Callable[[], T]) -> T:
        return self.pipeline.wait_for(what, condition)

    def taken(self, pictures: int) -> None:
        """Until so many are the experiment's."""
        runner = self.pipeline.capture._feeds[self.camera].runner
        self.wait_for(
            f"{pictures} pictures",
            lambda: (summary := runner.summary()) is not None and summary.pictures >= pictures,
        )

    def _in_ring(self) -> dict[tuple[str, int], bytes]:
        frames = [bytes(jpeg) for _, jpeg in self.pipeline.capture._feeds[self.camera]._ring._frames.values()]
        identities = [identify(jpeg) for jpeg in frames]
        return {
            (who.session_hex, who.sequence): jpeg for who, jpeg in zip(identities, frames, strict=True) if who
        }

    # -- what came of it -----------------------------------------------------------------------------------

    def ended(self) -> ExperimentSummary:
        """The summary in the archive, when it says that the experiment is over."""

        def over() -> list[ExperimentSummary]:
            try:
                keys = [one.key for one in self.pipeline.store.list() if "/summary-" in one.key]
                found = [ExperimentSummary.model_validate_json(self.pipeline.store.get(key)) for key in keys]
            except (StoreUnavailable, NotStored):
                return []
            return [summary for summary in found if summary.ended]

        [summary] = self.wait_for("end of the experiment", over)
        return summary

    def manifests(self) -> list[Manifest]:
        keys = [one.key for one in self.pipeline.store.list() if one.key.endswith("/event.json")]
        return [Manifest.model_validate_json(self.pipeline.store.get(key)) for key in sorted(keys)]

    def answers(self) -> list[EventMessage]:
        wanted = len(self.manifests())
        self.wait_for("answers", lambda: len({each.event for each in self.listener.answers}) >= wanted)
        return self.listener.answers

    def check_whole(self, summary: ExperimentSummary, prefix: str = f"experiments/{NAME}") -> None:
        """Nothing is missing, nothing else is in the archive, and what is said of it is so."""
        folder, store, manifests = f"{prefix}/{self.camera}/", self.pipeline.store, self.manifests()
        started = f"{summary.started.astimezone(UTC):%Y%m%dT%H%M%SZ}"
        expected = {f"{folder}summary-{started}.json"}
        numbers, off_s, missed = [], [], 0
        pictures = self.pictures | self._in_ring()
        for manifest in manifests:
            here = f"{folder}{manifest.event}/"
            expected |= {f"{here}event.json", *(frame.key for frame in manifest.frames)}
            assert manifest.missing == []
            assert manifest.slice
            assert (manifest.slice.experiment, manifest.slice.interval_s) == (NAME, INTERVAL_S)
            assert len(manifest.slice.off_s) == len(manifest.frames)
            off_s += manifest.slice.off_s
            missed += manifest.slice.missed
            for frame in manifest.frames:
                assert frame.key.startswith(here)
                number = (frame.session, frame.sequence)
                assert store.get(frame.key) == pictures[number]
                numbers.append(number)
        assert {one.key for one in store.list()} == expected
        assert len(numbers) == len(set(numbers)) == summary.pictures
        assert summary.missed == missed
        assert summary.bytes == sum(frame.bytes for each in manifests for frame in each.frames)
        assert summary.off.count == len(off_s)
        assert summary.off.mean_s == pytest.approx(statistics.fmean(off_s), abs=1e-5)


@pytest.fixture
def garden(pipeline: Pipeline, listener: Listener, monkeypatch: pytest.MonkeyPatch) -> Garden:
    monkeypatch.setattr(capture_module, "open_configured", opening.open_configured)
    monkeypatch.setattr("services.capture.experiments.opened.MOST_PICTURES", A_SLICE)
    made = Garden(pipeline, listener)
    made.open()
    return made


def test_an_experiment_is_in_its_prefix_with_its_manifests_and_its_summary(
    garden: Garden, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "services.archiver.strays")
    garden.ask(pictures=40)
    summary = garden.ended()
    assert summary.pictures == 40
    garden.check_whole(summary)
    manifests = garden.manifests()
    assert [len(manifest.frames) for manifest in manifests] == [A_SLICE, A_SLICE, 10]
    times = [frame.time for manifest in manifests for frame in manifest.frames]
    intervals = [(after - before).total_seconds() for before, after in pairwise(times)]
    assert summary.intervals.count == 39
    assert summary.intervals.mean_s == pytest.approx(statistics.fmean(intervals), abs=0.002)
    assert [answer.event_type for answer in garden.answers()] == [EventType.ARCHIVED] * 3
    assert [answer.count for answer in garden.answers()] == [A_SLICE, A_SLICE, 10]
    assert garden.listener.asked == []
    moved = [int(number) for number in re.findall(r"(\d+) of the frames of \S+ moved", caplog.text)]
    assert sum(moved) <= 2 * 3, "each slice says where it goes before its first pictures, or just after"


def test_an_experiment_that_is_stopped_goes_where_it_was_told_to(garden: Garden) -> None:
    garden.ask(prefix="thesis/tank=3/run.7")
    garden.taken(4)
    garden.stop()
    garden.check_whole(garden.ended(), "thesis/tank=3/run.7")


def test_an_experiment_that_took_no_picture_says_so(garden: Garden) -> None:
    garden.ask(start=(datetime.now(UTC) + timedelta(hours=1)).isoformat())
    shown = garden.topics.setting_state(garden.camera, EXPERIMENT)
    garden.wait_for("experiment", lambda: garden.listener.state[shown] == NAME.encode())
    garden.stop()
    summary = garden.ended()
    assert summary.pictures == 0
    [manifest] = garden.manifests()
    [answer] = garden.answers()
    assert manifest.frames == []
    assert (answer.event_type, answer.count) == (EventType.ARCHIVED, 0)


def test_the_broker_is_restarted_in_the_middle_of_a_slice(garden: Garden, mqtt_server: MqttServer) -> None:
    garden.ask(pictures=40)
    garden.taken(A_SLICE + 5)
    mqtt_server.restart()
    garden.check_whole(garden.ended())


def test_the_broker_is_killed_in_the_middle_of_a_slice(garden: Garden, mqtt_server: MqttServer) -> None:
    """It forgets pictures that it had acknowledged, and where they go."""
    garden.ask(pictures=40)
    garden.taken(A_SLICE + 5)
    mqtt_server.kill()
    mqtt_server.start()
    garden.check_whole(garden.ended())


def test_the_archiver_is_away_in_the_middle_of_a_slice(garden: Garden) -> None:
    garden.ask(pictures=40)
    garden.taken(5)
    garden.pipeline.end("archiver")
    garden.taken(A_SLICE + 5)
    garden.pipeline.new_archiver()
    garden.check_whole(garden.ended())
    assert garden.listener.asked == []


def test_the_archiver_ends_while_pictures_wait_for_the_store(garden: Garden) -> None:
    garden.pipeline.new_archiver(Closed(garden.pipeline.open_store()))
    garden.ask(pictures=25)
    garden.wait_for("pictures that wait", lambda: garden.pipeline.account("archiver")["waiting"] > 5)
    garden.pipeline.new_archiver()
    garden.check_whole(garden.ended())
    assert garden.listener.asked == []


def test_an_archiver_that_never_hears_where_pictures_go_brings_them_home(
    garden: Garden, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As one that is started where the broker tells nothing of what was said before."""
    monkeypatch.setattr("services.archiver.places.Places.take_slices", lambda *_: None)
    garden.pipeline.new_archiver()
    garden.ask(pictures=20)
    garden.taken(10)
    astray = [one.key for one in garden.pipeline.store.list(f"{garden.camera}/")]
    assert len(astray) > 5
    garden.pipeline.new_archiver()
    garden.check_whole(garden.ended())


def test_pictures_that_the_broker_loses_are_had_from_capture_again(garden: Garden) -> None:
    link = garden.pipeline.capture._feeds[garden.camera].link
    lost = losing(link, "/event/", every=2, at_most=4)
    garden.ask(pictures=20)
    garden.check_whole(garden.ended())
    assert len(lost) == 4
    assert {request.ask for request in garden.listener.asked} == {"capture"}


def test_capture_is_stopped_and_started_in_the_middle_of_a_slice(garden: Garden) -> None:
    """It is one experiment, with one summary; what was due meanwhile is missed."""
    garden.ask(pictures=25)
    garden.taken(8)
    garden.restart_capture(away_s=1)
    summary = garden.ended()
    assert summary.pictures == 25
    assert summary.missed > 0
    garden.check_whole(summary)


def test_capture_is_killed_in_the_middle_of_a_slice(garden: Garden) -> None:
    """It remembers that there is a slice and not all of its pictures, but those are in the archive."""
    victim = garden.capture_process()
    garden.listener.live.clear()
    garden.wait_for("pictures of the other process", lambda: garden.listener.live)
    garden.ask(pictures=20)
    stored = garden.pipeline.store.list
    garden.wait_for("pictures", lambda: len(list(stored("experiments/"))) >= 10)
    victim.kill()
    victim.wait()
    garden.pipeline.capture = garden.new_capture()
    garden.pipeline.start("capture")
    garden.ended()
    [killed, *later] = garden.manifests()
    assert len(killed.frames) >= 10
    assert killed.slice
    assert killed.slice.off_s == []
    assert later
    listed = [frame.key for manifest in [killed, *later] for frame in manifest.frames]
    assert sorted(listed) == [one.key for one in stored() if one.key.endswith(".jpg")]
    assert all(each.missing == [] for each in later)


def test_a_camera_that_is_not_archived_leaves_nothing_of_its_experiment(garden: Garden) -> None:
    garden.listener.publish(garden.topics.setting_set(garden.camera, "archiving"), b"OFF")
    state = garden.topics.setting_state(garden.camera, "archiving")
    garden.wait_for("switch", lambda: garden.listener.state.get(state) == b"OFF")
    garden.ask(pictures=5)
    [answer] = garden.wait_for("answer", lambda: garden.listener.answers)
    assert answer.event_type is EventType.NOT_ARCHIVED
    assert list(garden.pipeline.store.list()) == []
