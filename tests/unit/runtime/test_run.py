"""What runs together ends together, in the order in which frames flow, and a failure is never silent."""

import gc
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator

import pytest

from services.runtime.errors import UserError
from services.runtime.run import Crew, ends, run_services

WAIT_S = 5


@pytest.fixture(autouse=True)
def _signals_as_they_were() -> Iterator[None]:
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [signal.getsignal(number) for number in numbers]
    yield
    for number, handler in zip(numbers, before, strict=True):
        signal.signal(number, handler)


class Part:
    """A service that notes when it starts and ends."""

    def __init__(self, name: str, diary: list[str], fails: Exception | None = None) -> None:
        self.name = name
        self._diary = diary
        self._fails = fails
        self.started = threading.Event()

    def run(self, stop: threading.Event) -> None:
        self._diary.append(f"{self.name} starts")
        self.started.set()
        if self._fails:
            raise self._fails
        stop.wait(WAIT_S)
        self._diary.append(f"{self.name} ends")

    def problems(self) -> list[str]:
        return []


def helper(*parts: Part, then: Callable[[], None]) -> tuple[str, Callable[[threading.Event], None]]:
    """Does something when all parts have started."""

    def run(_stop: threading.Event) -> None:
        for part in parts:
            assert part.started.wait(WAIT_S)
        then()

    return "helper", run


def terminate() -> None:
    os.kill(os.getpid(), signal.SIGTERM)


# -- a crew --------------------------------------------------------------------------------------------------


def test_a_thread_that_fails_stops_the_others_and_is_raised() -> None:
    stop, ended = threading.Event(), threading.Event()
    crew = Crew(stop)

    def lives(stop: threading.Event) -> None:
        stop.wait(WAIT_S)
        ended.set()

    def dies(_stop: threading.Event) -> None:
        raise OSError("the disk is gone")

    crew.start("lives", lives)
    crew.start("dies", dies)
    with pytest.raises(OSError, match="the disk is gone"):
        crew.wait()
    assert stop.is_set()
    assert ended.is_set()


def test_a_failure_is_logged_when_it_happens(caplog: pytest.LogCaptureFixture) -> None:
    crew = Crew(threading.Event())

    def dies(_stop: threading.Event) -> None:
        raise KeyError("door")

    crew.start("watch-door", dies)
    with pytest.raises(KeyError):
        crew.wait()
    assert caplog.messages == ["watch-door has failed (KeyError('door')): everything stops"]


def test_a_users_mistake_is_no_failure_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    crew = Crew(threading.Event())

    def refuses(_stop: threading.Event) -> None:
        raise UserError("set health.listen")

    crew.start("health", refuses)
    with pytest.raises(UserError):
        crew.wait()
    assert caplog.messages == []


def test_the_first_failure_is_the_one_that_is_raised() -> None:
    stop = threading.Event()
    crew = Crew(stop)

    def second(stop: threading.Event) -> None:
        stop.wait(WAIT_S)
        raise ValueError("because of the first")

    def first(_stop: threading.Event) -> None:
        raise OSError("first")

    crew.start("second", second)
    crew.start("first", first)
    with pytest.raises(OSError, match="first"):
        crew.wait()


def test_a_failure_sets_the_alarm_of_those_who_are_to_know() -> None:
    stop, alarm = threading.Event(), threading.Event()
    crew = Crew(stop, alarm=alarm)

    def dies(_stop: threading.Event) -> None:
        raise OSError

    crew.start("dies", dies)
    assert alarm.wait(WAIT_S)


def test_threads_have_their_names() -> None:
    names: list[str] = []
    crew = Crew(threading.Event())
    crew.start("capture-door", lambda _stop: names.append(threading.current_thread().name))
    crew.stop.set()
    crew.wait()
    assert names == ["capture-door"]


# -- services ------------------------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def thawed() -> Iterator[None]:
    """Whatever comes after these tests is to be searched for garbage."""
    yield
    gc.unfreeze()


def test_what_was_built_at_the_start_is_not_searched_for_garbage_again() -> None:
    part = Part("capture", [])
    run_services([part], also=[helper(part, then=terminate)])
    assert gc.get_freeze_count() > 1000


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_the_services_one_after_the_other_as_frames_flow(number: int) -> None:
    diary: list[str] = []
    broker, capture, motion = (Part(name, diary) for name in ("broker", "capture", "motion"))
    send = helper(broker, capture, motion, then=lambda: os.kill(os.getpid(), number))
    run_services([capture, motion], foundation=broker, also=[send])
    assert diary[0] == "broker starts"
    assert sorted(diary[1:3]) == ["capture starts", "motion starts"]
    assert diary[3:] == ["capture ends", "motion ends", "broker ends"]


def test_a_service_that_fails_stops_all_and_is_raised() -> None:
    diary: list[str] = []
    capture, motion = Part("capture", diary), Part("motion", diary, fails=OSError("out of memory"))
    with pytest.raises(OSError, match="out of memory"):
        run_services([capture, motion])
    assert "capture ends" in diary


def test_a_helper_that_fails_stops_all_and_is_raised() -> None:
    diary: list[str] = []
    capture = Part("capture", diary)

    def fails(_stop: threading.Event) -> None:
        assert capture.started.wait(WAIT_S)
        raise OSError("the port is gone")

    with pytest.raises(OSError, match="the port is gone"):
        run_services([capture], also=[("health", fails)])
    assert diary == ["capture starts", "capture ends"]


def test_a_second_signal_ends_the_process_at_once() -> None:
    diary: list[str] = []
    capture = Part("capture", diary)
    release = threading.Event()

    class Stubborn(Part):
        def run(self, stop: threading.Event) -> None:
            self.started.set()
            stop.wait(WAIT_S)
            terminate()  # the user has lost patience
            release.wait(WAIT_S)

    stubborn = Stubborn("stubborn", diary)
    with pytest.raises(SystemExit) as ended:
        run_services([stubborn, capture], also=[helper(stubborn, capture, then=terminate)])
    release.set()
    assert ended.value.code == 128 + signal.SIGTERM


# -- the end of the process ----------------------------------------------------------------------------------


def test_a_users_mistake_ends_in_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    def main() -> int:
        raise UserError("there is no file 'x'; name another")

    assert ends(main) == 2
    assert capsys.readouterr().err == "nightjar: there is no file 'x'; name another\n"


def test_a_bug_ends_in_its_traceback() -> None:
    def main() -> int:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        ends(main)


def test_a_reader_who_has_seen_enough_is_no_bug(monkeypatch: pytest.MonkeyPatch) -> None:
    closed: list[bool] = []
    monkeypatch.setattr(sys.stderr, "close", lambda: closed.append(True), raising=False)

    def main() -> int:
        raise BrokenPipeError

    assert ends(main) == 1
    assert closed


def test_ctrl_c_before_anything_runs_is_no_bug() -> None:
    def main() -> int:
        raise KeyboardInterrupt

    assert ends(main) == 130


def test_it_returns_what_main_returns() -> None:
    assert ends(lambda: 0) == 0
    assert logging.getLogger("services.runtime.run").handlers == []
