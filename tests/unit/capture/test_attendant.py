"""What the attendant does with a camera that is wanted, not wanted, silent, or stays away."""

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest

from services.capture import attendant as attendant_module
from services.capture.attendant import Attendant
from services.capture.cameras import CameraLost, CameraMisconfigured, CameraSilent, Picture

PICTURE = Picture(b"", datetime(2026, 11, 20, tzinfo=UTC))

Step = Picture | Exception | Callable[[], None] | None


class Scene:
    """An attendant, the camera that it attends to, and what it tells. `None` is the end of a file."""

    def __init__(self, *steps: Step, reset: str = "", reset_after: int = 0) -> None:
        self.attendant = Attendant("yard", self, reset=reset, reset_after=reset_after)
        self.skipped = self.connections = self.pictures_taken = 0
        self.told: list[str] = []
        self.stop = threading.Event()
        self._steps = [*steps, self.end]

    def play(self) -> None:
        self.attendant.set_enabled(True)
        self.attendant.run(self, self.stop)

    def end(self) -> None:
        self.stop.set()
        self.attendant.halt()

    # -- the camera
    def pictures(self, stop: threading.Event) -> Iterator[Picture]:
        self.connections += 1
        while self._steps and not stop.is_set():
            step = self._steps.pop(0)
            if step is None:
                return
            if isinstance(step, Exception):
                raise step
            if isinstance(step, Picture):
                yield step
            else:
                step()

    # -- its audience
    def take(self, picture: Picture) -> bool:
        self.pictures_taken += 1
        return True

    def back(self, outage_s: float | None) -> None:
        self.told.append("there" if outage_s is None else "back")

    def gone(self, problem: str) -> None:
        self.told.append(problem)

    def off(self) -> None:
        if self.told[-1:] != ["off"]:
            self.told.append("off")


class Waits(list[float]):
    """The delays that are waited for, none of them in real time."""

    def next(self) -> float:
        return 1.0

    def reset(self) -> None:
        self.append(0.0)


@pytest.fixture
def no_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    class NoBackoff:
        def next(self) -> float:
            return 0.0

        def reset(self) -> None: ...

    monkeypatch.setattr(attendant_module, "Backoff", NoBackoff)


def soon(action: Callable[[], None]) -> None:
    threading.Timer(0.05, action).start()


class TestACameraThatNobodyWants:
    def test_gives_one_picture_at_the_start_and_is_let_go(self) -> None:
        scene = Scene(PICTURE, PICTURE, PICTURE)
        scene.attendant.set_wanted(False)
        soon(scene.end)
        scene.play()
        assert (scene.pictures_taken, scene.connections) == (1, 1)
        assert scene.told == ["there"]

    def test_starts_when_somebody_does(self) -> None:
        scene = Scene(PICTURE, PICTURE, PICTURE)
        scene.attendant.set_wanted(False)
        soon(lambda: scene.attendant.set_wanted(True))
        scene.play()
        assert (scene.pictures_taken, scene.connections) == (3, 2)

    def test_is_let_go_as_soon_as_nobody_does_any_more(self) -> None:
        scene = Scene(PICTURE)
        scene._steps[1:] = [lambda: scene.attendant.set_wanted(False), PICTURE, PICTURE]
        soon(scene.end)
        scene.play()
        assert scene.pictures_taken == 1
        assert scene.told == ["there"]  # nothing is wrong with it

    def test_stays_off_where_it_is_switched_off(self) -> None:
        scene = Scene(PICTURE)
        scene.attendant.set_wanted(True)
        soon(scene.end)
        scene.attendant.run(scene, scene.stop)
        assert scene.connections == 0


class TestACameraThatIsSwitchedOff:
    def test_says_so_once_it_is_let_go(self) -> None:
        scene = Scene(PICTURE)
        scene._steps[1:] = [lambda: scene.attendant.set_enabled(False), PICTURE]
        soon(scene.end)
        scene.play()
        assert (scene.pictures_taken, scene.told) == (1, ["there", "off"])

    def test_while_it_was_away_is_not_missed_when_it_is_on_again(self, no_wait: None) -> None:
        scene = Scene(CameraLost("gone"))

        def switch() -> None:
            scene.attendant.set_enabled(False)
            soon(lambda: scene.attendant.set_enabled(True))

        scene._steps[1:] = [switch, PICTURE, scene.end]
        scene.play()
        assert scene.told == ["gone", "off", "there"]


class TestAFileThatIsOver:
    def test_is_gone_and_waits(self) -> None:
        scene = Scene(PICTURE, None)
        soon(scene.end)
        scene.play()
        assert (scene.connections, scene.told) == (1, ["there", "its file is over"])

    def test_begins_anew_when_it_is_switched_off_and_on(self) -> None:
        scene = Scene(PICTURE, None, PICTURE)

        def switch() -> None:
            scene.attendant.set_enabled(False)
            scene.attendant.set_enabled(True)

        soon(switch)
        scene.play()
        assert (scene.connections, scene.pictures_taken) == (2, 2)


class TestHowLongItWaits:
    @pytest.mark.parametrize(
        ("failure", "waits_s"), [(CameraLost("gone"), [1.0]), (CameraMisconfigured("wrong"), [60.0])]
    )
    def test_depends_on_who_can_mend_it(
        self, failure: Exception, waits_s: list[float], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        scene, waited = Scene(failure), []
        monkeypatch.setattr(attendant_module, "Backoff", Waits)
        monkeypatch.setattr(scene.attendant._halt, "wait", lambda seconds=None: waited.append(seconds))
        scene.play()
        assert waited == waits_s

    def test_is_no_time_for_one_that_sends_by_itself(self, monkeypatch: pytest.MonkeyPatch) -> None:
        silent = CameraSilent("nothing has been sent")
        scene, waited = Scene(PICTURE, silent, silent, PICTURE), []
        monkeypatch.setattr(scene.attendant._halt, "wait", lambda seconds=None: waited.append(seconds))
        scene.play()
        assert waited == []
        assert scene.told == ["there", "nothing has been sent", "back"]


class TestTheReset:
    def test_is_run_after_so_many_failures_in_a_row(
        self, no_wait: None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ran: list[tuple[str, int]] = []
        lost = CameraLost("gone")
        scene = Scene(lost, lost, PICTURE, lost, lost, lost, reset="poe off 3", reset_after=3)

        def run(command: str, *_: object) -> str:
            ran.append((command, scene.connections))
            return ""

        monkeypatch.setattr(attendant_module, "run_reset", run)
        scene.play()
        assert ran == [("poe off 3", 5)]

    def test_that_goes_wrong_is_said(
        self, no_wait: None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        monkeypatch.setattr(attendant_module, "run_reset", lambda *_: "the command ended with exit code 2")
        Scene(CameraLost("gone"), reset="poe off 3", reset_after=1).play()
        assert caplog.messages[-1] == "yard: the command ended with exit code 2"

    def test_is_never_run_where_none_is_given(self, no_wait: None, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(attendant_module, "run_reset", lambda *_: pytest.fail("it ran"))
        Scene(*[CameraLost("gone")] * 5, reset="", reset_after=1).play()
