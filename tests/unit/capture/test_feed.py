"""A feed with a scripted camera and a link without a broker."""

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from services.capture import attendant as attendant_module
from services.capture.cameras import CameraLost, CameraMisconfigured, Picture
from services.capture.feed import Feed
from services.contract.frame import identify
from services.contract.handover import Resend
from services.contract.settings import CaptureSettings
from tests.unit.links import JPEG, NOWHERE, TOPICS, FakeLink, Post, Sent

START = datetime(2026, 11, 20, 8, 30, 0, tzinfo=UTC)
RESEND = TOPICS.camera("yard", "resend")
STATUS = "nightjar/camera/yard/status"

Step = Picture | Exception | Callable[[], None]


class Script:
    """A camera that does one step after the other; an exception ends a connection, the last step all."""

    def __init__(self, *steps: Step) -> None:
        self.skipped = 0
        self.connections = 0
        self._steps = list(steps)

    def pictures(self, stop: threading.Event) -> Iterator[Picture]:
        self.connections += 1
        while self._steps:
            step = self._steps.pop(0)
            if isinstance(step, Exception):
                raise step
            if isinstance(step, Picture):
                yield step
            else:
                step()


class Yard:
    """A feed and what is told of it; its own link never runs."""

    def __init__(
        self, state_dir: Path, settings: CaptureSettings | None = None, max_bytes: int = 1_000_000
    ) -> None:
        self.changes: list[tuple[str, bool]] = []
        self.camera = Script()
        self.post = Post()
        self.feed = Feed(
            "yard",
            settings or CaptureSettings(preview=False),
            NOWHERE,
            TOPICS,
            state_dir=state_dir,
            max_bytes=max_bytes,
            open_camera=lambda _next_number, _steps: self.camera,
            on_change=lambda _camera, problem, _outage_s: self.changes.append((problem, True)),
        )
        self.stop = threading.Event()

    def play(self, *steps: Step) -> None:
        """Lets the camera do this and then ends the feed."""
        self.camera = Script(*steps, self.end)
        self.feed.set_enabled(True)
        self.feed.run(self.stop)

    def end(self) -> None:
        self.stop.set()
        self.feed.halt()


class FakedYard(Yard):
    """With a link whose broker the test plays."""

    def __init__(self, state_dir: Path, max_bytes: int = 1_000_000) -> None:
        super().__init__(state_dir, max_bytes=max_bytes)
        self.link = self.feed.link = FakeLink()

    def ask(self, payload: bytes) -> None:
        self.feed._resend(self.post.deliver(RESEND, payload))

    def numbers(self, leaf: str = "/live") -> list[int]:
        return [number(parcel) for parcel in self.link.take(leaf)]


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A lost camera is tried again without a wait."""
    monkeypatch.setattr(attendant_module, "Backoff", NoBackoff)


@pytest.fixture
def yard(at_once: None, tmp_path: Path) -> FakedYard:
    return FakedYard(tmp_path)


class NoBackoff:
    def next(self) -> float:
        return 0.0

    def reset(self) -> None: ...


def picture(n: int = 0, jpeg: bytes = JPEG) -> Picture:
    return Picture(jpeg, START + timedelta(seconds=n))


def number(sent: Sent) -> int:
    frame = identify(sent.payload)
    assert frame
    return frame.sequence


def resend(first: int, last: int, session: str, ask: str = "capture", wanted_for: str = "live") -> bytes:
    fields = {"session": session, "ranges": [(first, last)], "for": wanted_for, "ask": ask}
    return Resend.model_validate(fields).payload()


class TestAPicture:
    def test_becomes_a_frame_with_the_next_number_and_its_own_time(self, yard: FakedYard) -> None:
        yard.play(picture(1), picture(2))
        frames = [identify(parcel.payload) for parcel in yard.link.take("/live")]
        assert [(one.camera, one.sequence, one.time) for one in frames if one] == [
            ("yard", 1, START + timedelta(seconds=1)),
            ("yard", 2, START + timedelta(seconds=2)),
        ]

    def test_that_is_cut_off_gets_no_number_and_is_counted(self, yard: FakedYard) -> None:
        yard.play(picture(1), picture(2, JPEG[:-2]), picture(3))
        assert yard.numbers() == [1, 2]
        assert yard.feed.stats().skipped == 1

    def test_that_no_broker_takes_gets_no_number_and_is_said_once(
        self, at_once: None, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        yard = FakedYard(tmp_path, max_bytes=500_000)
        large = JPEG[:-2] + bytes(1_500_000) + JPEG[-2:]
        yard.play(picture(1), picture(2, large), picture(3, large), picture(4))
        assert yard.numbers() == [1, 2]
        assert yard.feed.stats().skipped == 2
        assert caplog.messages == [
            "yard: pictures of 1.5 MB are left out, the broker takes none that large; lower the camera's "
            "resolution or quality, or raise mqtt.max_packet_mb"
        ]

    def test_that_comes_while_the_camera_is_switched_off_does_not_leave(self, yard: FakedYard) -> None:
        def switch_off() -> None:
            yard.feed.set_enabled(False)
            threading.Timer(0.05, yard.end).start()

        yard.play(picture(1), switch_off, picture(2))
        assert yard.numbers() == [1]
        assert yard.link.held[STATUS] == b"offline"


class TestALostCamera:
    def test_comes_back_with_the_numbers_going_on(self, yard: FakedYard) -> None:
        yard.play(picture(1), CameraLost("it is gone"), picture(2))
        assert yard.numbers() == [1, 2]
        assert yard.camera.connections == 2
        assert yard.feed.stats().reconnects == 1

    def test_is_said_once_until_it_is_back(self, yard: FakedYard, caplog: pytest.LogCaptureFixture) -> None:
        lost = CameraLost("it is gone")
        yard.play(picture(1), lost, lost, lost, picture(2))
        assert [problem for problem, _ in yard.changes] == ["it is gone", ""]
        assert caplog.messages == ["yard: it is gone; trying again for as long as it takes"]

    def test_is_offline_until_its_next_picture(self, yard: FakedYard) -> None:
        seen: list[bytes] = []
        look: Callable[[], None] = lambda: seen.append(yard.link.held[STATUS])  # noqa: E731  (one step)
        yard.play(picture(1), look, CameraLost("it is gone"), look, picture(2), look)
        assert seen == [b"online", b"offline", b"online"]

    def test_that_was_never_there_is_offline(self, yard: FakedYard) -> None:
        yard.play(CameraLost("nobody answers"))
        assert yard.link.held[STATUS] == b"offline"

    def test_whose_configuration_is_wrong_is_tried_slowly(
        self, yard: FakedYard, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        waits: list[float | None] = []

        def wait(seconds: float | None = None) -> bool:
            waits.append(seconds)
            return False

        monkeypatch.setattr(yard.feed._attendant._halt, "wait", wait)
        yard.play(CameraMisconfigured("wrong password"), CameraLost("gone"))
        assert waits == [60.0, 0.0]


class TestWhoMissesFrames:
    def test_gets_them_two_for_each_live_one(self, yard: FakedYard) -> None:
        session = yard.feed.stats().session
        taken: list[list[int]] = []
        yard.play(
            *(picture(n) for n in range(4)),
            lambda: yard.ask(resend(1, 3, session)),
            picture(5),
            lambda: taken.append([number(parcel) for parcel in yard.link.take("frames")]),
            picture(6),
            lambda: taken.append([number(parcel) for parcel in yard.link.take("frames")]),
        )
        assert taken == [[1, 2, 3, 4, 5, 1, 2], [6, 3]]

    def test_gets_the_very_bytes_that_were_live(self, yard: FakedYard) -> None:
        session = yard.feed.stats().session
        yard.play(picture(1), lambda: yard.ask(resend(1, 1, session)), picture(2))
        parcels = yard.link.take("frames")
        live = next(p for p in parcels if p.topic.endswith("live"))
        assert next(p for p in parcels if p.topic.endswith("repair")).payload == live.payload

    def test_gets_them_without_a_live_one_to_follow_too(self, yard: FakedYard) -> None:
        session = yard.feed.stats().session
        yard.play(picture(1))
        yard.ask(resend(1, 1, session))
        yard.link.take()
        yard.feed.tick(float("inf"))
        assert yard.numbers("/repair") == [1]

    def test_is_told_what_is_gone(self, yard: FakedYard) -> None:
        yard.ask(resend(1, 3, f"{1:016x}"))
        [answer] = yard.link.take("/resent")
        assert b'"gone":[[1,3]]' in answer.payload

    def test_and_asks_somebody_else_gets_no_answer(self, yard: FakedYard) -> None:
        yard.ask(resend(1, 3, f"{1:016x}", ask="motion"))
        assert yard.link.take() == []

    @pytest.mark.parametrize(
        "payload",
        [b"", b"{", b"[]", b"\xff\xfe", b'{"session": "x"}', resend(1, 1, f"{1:016x}", wanted_for="a/#")],
    )
    def test_and_does_not_say_so_in_json_is_ignored_and_this_is_said(
        self, yard: FakedYard, payload: bytes, caplog: pytest.LogCaptureFixture
    ) -> None:
        yard.ask(payload)
        assert yard.link.take() == []
        assert caplog.messages == [f"a message on {RESEND} was not understood and is ignored"]


class TestTheAccount:
    def test_adds_up_published_waiting_and_lost(self, tmp_path: Path) -> None:
        yard = Yard(tmp_path, CaptureSettings(preview=False, outbox_mb=0.001))
        outbox = yard.feed.link.outbox
        yard.play(*(picture(n, JPEG[:-2] + bytes(100) + JPEG[-2:]) for n in range(10)))
        stats = yard.feed.stats()
        assert stats.captured == 10
        assert stats.lost > 0
        assert stats.published + stats.lost + stats.outbox_frames == 10
        while parcel := outbox.take():
            outbox.taken(parcel)
        stats = yard.feed.stats()
        assert (stats.published + stats.lost, stats.outbox_frames) == (10, 0)
