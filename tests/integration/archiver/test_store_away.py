"""The store is away in one of the ways in which stores are; every frame is there when it is back."""

from pathlib import Path

import pytest

from tests.integration.archiver.archivers import ArchiverProcess, StoreSeen
from tests.integration.archiver.feeding import Feeder, eventually
from tests.servers.faulty_proxy import Answers, Fault, FaultyProxy, Hangs, LosesAnswers, Resets, Slow

pytestmark = [pytest.mark.real, pytest.mark.timeout(90)]

FAULTS: dict[str, tuple[Fault | None, str]] = {
    "down": (None, "is not there (connection refused)"),
    "refusing": (Answers(403, "AccessDenied", "no"), "refused the key"),
    "full": (Answers(507, "XMinioStorageFull", "no room"), "has no room left"),
    "resetting": (Resets(), "connection reset by peer"),
    "losing answers": (LosesAnswers(), "connection reset by peer"),
    "slow": (Slow(30), "takes too long"),
}


def strike(proxy: FaultyProxy, fault: Fault | None) -> None:
    proxy.fault = fault
    if fault is None:
        proxy.down()


def mend(proxy: FaultyProxy) -> None:
    proxy.fault = None
    proxy.up()


def spool_files(archiver: ArchiverProcess) -> list[Path]:
    return [path for path in archiver.spool.rglob("*") if path.is_file()]


@pytest.mark.parametrize("name", FAULTS)
def test_frames_wait_in_the_spool_and_are_all_archived_afterwards(
    archiver: ArchiverProcess, feeder: Feeder, proxy: FaultyProxy, seen: StoreSeen, name: str
) -> None:
    fault, says = FAULTS[name]
    archiver.start()
    feeder.publish(*range(1, 21))
    eventually("frames in the store", lambda: archiver.metric("nightjar_archiver_stored_total") == 20)
    assert spool_files(archiver) == []
    strike(proxy, fault)
    feeder.publish(*range(21, 81), every_s=0.01)
    feeder.hand_over()
    eventually("word that it is spooled", lambda: "spooled" in feeder.kinds, 20)
    assert any(says in problem for problem in archiver.problems() or [])
    assert archiver.metric("nightjar_archiver_in_spool") == 60
    assert archiver.metric("nightjar_archiver_waiting") == 0
    mend(proxy)
    eventually("end of the event", lambda: "archived" in feeder.kinds, 40)
    assert feeder.kinds == ["spooled", "archived"]
    seen.check_whole(feeder)
    eventually("an empty spool", lambda: spool_files(archiver) == [])
    eventually("no problem any more", lambda: archiver.problems() == [])
    assert archiver.metric("nightjar_archiver_stored_total") == 80


def test_the_archiver_is_killed_while_the_store_is_away(
    archiver: ArchiverProcess, feeder: Feeder, proxy: FaultyProxy, seen: StoreSeen
) -> None:
    archiver.start()
    feeder.publish(*range(1, 11))
    strike(proxy, None)
    feeder.publish(*range(11, 61), every_s=0.005)
    eventually("frames in the spool", lambda: spool_files(archiver))
    archiver.kill()
    archiver.start()
    feeder.hand_over()
    eventually("word that it is spooled", lambda: "spooled" in feeder.kinds)
    archiver.kill()
    mend(proxy)
    archiver.start()
    eventually("end of the event", lambda: "archived" in feeder.kinds)
    seen.check_whole(feeder)
    eventually("an empty spool", lambda: spool_files(archiver) == [])


def test_the_archiver_is_killed_while_it_drains(
    archiver: ArchiverProcess, feeder: Feeder, proxy: FaultyProxy, seen: StoreSeen
) -> None:
    archiver.start()
    strike(proxy, None)
    feeder.publish(*range(1, 101))
    feeder.hand_over()
    eventually("word that it is spooled", lambda: "spooled" in feeder.kinds)
    mend(proxy)
    proxy.fault = Slow(0.05)
    eventually("some that are stored", lambda: proxy.count("PUT") > 30)
    archiver.kill()
    archiver.start()
    proxy.fault = None
    eventually("end of the event", lambda: "archived" in feeder.kinds)
    seen.check_whole(feeder)


def test_it_ends_at_once_although_the_store_hangs(
    archiver: ArchiverProcess, feeder: Feeder, proxy: FaultyProxy, seen: StoreSeen
) -> None:
    archiver.start()
    proxy.fault = Hangs()
    feeder.publish(*range(1, 31))
    eventually("requests that hang", lambda: proxy.busiest >= 6)
    archiver.stop()
    proxy.fault = None
    archiver.start()
    feeder.hand_over()
    eventually("end of the event", lambda: "archived" in feeder.kinds)
    seen.check_whole(feeder)


class TestWithoutRoom:
    @pytest.fixture
    def archive(self, archive: dict[str, object]) -> dict[str, object]:
        return archive | {"spool_gb": 0.0002}

    def test_the_archiver_says_that_it_is_paused_and_takes_up_again(
        self, archiver: ArchiverProcess, feeder: Feeder, proxy: FaultyProxy, seen: StoreSeen
    ) -> None:
        archiver.start()
        strike(proxy, None)
        feeder.publish(*range(1, 81))
        feeder.hand_over()
        eventually("pause", lambda: feeder.info().get("paused"))
        problems = archiver.problems() or []
        assert any(
            "has reached its" in problem and "raise archive.spool_gb" in problem for problem in problems
        )
        assert 0 < archiver.metric("nightjar_archiver_in_spool") < 12
        assert feeder.kinds == []
        mend(proxy)
        eventually("end of the event", lambda: "archived" in feeder.kinds)
        seen.check_whole(feeder)
        eventually("end of the pause", lambda: feeder.info().get("paused") is False)
