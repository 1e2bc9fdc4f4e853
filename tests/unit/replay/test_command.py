import argparse
import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from services.replay.arguments import add_arguments
from services.replay.bar import text
from services.replay.command import main
from services.replay.compare import compare
from services.replay.opening import completed
from services.replay.run import Span
from services.runtime.errors import UserError
from tests.unit.replay import films


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return films.video(tmp_path_factory.mktemp("films") / "street.avi")


def run(*arguments: object) -> int:
    parser = argparse.ArgumentParser()
    parser.set_defaults(config=Path("nowhere.yaml"))
    add_arguments(parser)
    return main(parser.parse_args([str(argument) for argument in arguments]))


def test_it_prints_a_table_and_writes_json(
    video: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(video, "--json", tmp_path / "found.json") == 0
    said = capsys.readouterr().out
    assert re.search(r"1 event in 1 recording of 1\d\d frames; 200 frames, 20\.0 s at 10 fps", said)
    found = json.loads((tmp_path / "found.json").read_text())
    assert (found["frames"], found["fps"], len(found["events"])) == (200, 10, 1)
    assert {"start_s", "end_s", "peak", "boxes"} <= set(found["events"][0])


def test_settings_come_from_the_command_line(video: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(video, "--json", "-", "--min-area", "0.9") == 0
    assert json.loads(capsys.readouterr().out)["events"] == []


def test_settings_come_from_a_configuration(
    video: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "nightjar.yaml"
    path.write_text("cameras:\n  door: {url: 'demo:', motion: {min_area: 0.9}}\n  yard: {url: 'demo:'}\n")
    assert run(video, "--json", "-", "--config", path, "--camera", "door") == 0
    assert json.loads(capsys.readouterr().out)["events"] == []
    assert run(video, "--json", "-", "--config", path, "--camera", "yard") == 0
    assert len(json.loads(capsys.readouterr().out)["events"]) == 1
    with pytest.raises(UserError, match="has the cameras door, yard: choose one with --camera"):
        run(video, "--config", path)


def test_it_says_what_other_settings_would_change(
    video: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.yaml").write_text("sensitivity: 50\n")
    (tmp_path / "b.yaml").write_text("motion:\n  min_area: 0.9\n")
    plot, changes = tmp_path / "plot.svg", tmp_path / "changes.json"
    given = (video, "--compare", tmp_path / "a.yaml", tmp_path / "b.yaml")
    assert run(*given, "--plot", plot, "--json", changes) == 0
    said = capsys.readouterr().out
    assert "1 gone, 0 new, 0 in both" in said
    assert re.search(r"^ -  +8\.\d\d", said, re.MULTILINE)
    content = json.loads(changes.read_text())
    assert (len(content["changes"]["gone"]), content["changes"]["new"]) == (1, [])
    assert plot.read_text().count('class="title"') == 2


def test_the_plot_shows_the_score_its_threshold_and_the_events(video: Path, tmp_path: Path) -> None:
    plot = tmp_path / "plot.svg"
    assert run(video, "--plot", plot) == 0
    drawn = [each.get("class") for each in ElementTree.fromstring(plot.read_text()).iter()]
    assert drawn.count("score") == 1
    assert drawn.count("threshold") == 1
    assert drawn.count("event") == 2  # one is the legend's
    assert drawn.count("recording") == 2


def test_a_video_without_motion_says_so(
    video: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(video, "--min-area", "0.9", "--plot", tmp_path / "plot.svg") == 0
    assert capsys.readouterr().out.startswith("nothing moved\n\n0 events in 0 recordings of 0 frames")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--sensitivity", "200"], "sensitivity: Input should be less than or equal to 100"),
        (["--threshold", "much"], "threshold: Input should be a valid number"),
        (["--plot", "/nowhere/plot.svg"], "/nowhere/plot.svg cannot be written: no such file or directory"),
    ],
)
def test_a_mistake_is_one_sentence(video: Path, arguments: list[str], sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        run(video, *arguments)


def test_a_file_of_settings_that_are_wrong_is_one_sentence(video: Path, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("sensitivity: 500\n")
    with pytest.raises(UserError, match=r"a\.yaml: sensitivity: Input should be less than or equal to 100"):
        run(video, "--config", tmp_path / "a.yaml")
    with pytest.raises(UserError, match="does not exist"):
        run(video, "--config", tmp_path / "none.yaml")


def test_events_that_overlap_are_the_same_and_others_are_gone_or_new() -> None:
    before = [Span(0, 2), Span(10, 12), Span(20, 29)]
    after = [Span(1, 3), Span(15, 16), Span(20, 22), Span(24, 26)]
    changes = compare(before, after)
    assert (changes.gone, changes.new) == ([before[1]], [after[1]])
    assert changes.kept == [(before[0], after[0]), (before[2], after[2])]


def test_a_bucket_without_options_is_on_the_configured_server() -> None:
    own = "s3://nightjar/live?endpoint=http://s3:9000"
    assert completed("s3://nightjar/door", own) == "s3://nightjar/door?endpoint=http://s3:9000"
    assert completed("s3://other/door", own) == "s3://other/door"
    assert completed("s3://nightjar/door?region=x", own) == "s3://nightjar/door?region=x"
    assert completed("file:///x", own) == "file:///x"


def test_the_bar_says_how_far_it_is() -> None:
    assert text(1200, 3600, 2.0) == "[########················] 33%  1200/3600 frames  600 a second  4 s left"
    assert text(50, 0, 1.0) == "50 frames  50 a second"
