"""Of several replicas that want a camera the newest has it, once the older one has let go."""

from datetime import UTC, datetime, timedelta

import pytest

from services.contract.partition import Partition
from services.contract.status import ServiceInfo
from services.runtime.claims import LISTEN_S, PATIENCE_S, Claims

BEGAN = datetime(2026, 11, 20, 8, tzinfo=UTC)
CAMERAS = [f"camera-{n}" for n in range(40)]


def replica(slot: str, after_s: float = 0.0, cameras: list[str] | None = None) -> ServiceInfo:
    """One that began so many seconds after the first, and is at work on these cameras; None: its own."""
    own = [camera for camera in CAMERAS if Partition.parse(slot).has(camera)]
    return ServiceInfo(
        service="motion",
        version="1",
        instance=slot.partition("/")[0],
        slot=slot,
        cameras=own if cameras is None else cameras,
        run=f"{slot}+{after_s}",
        since=BEGAN + timedelta(seconds=after_s),
    )


def wanted(info: ServiceInfo) -> list[str]:
    return [camera for camera in CAMERAS if Partition.parse(info.slot).has(camera)]


def test_the_only_replica_has_all_cameras_at_once() -> None:
    assert Claims(replica("1/1"), 0.0).ours(CAMERAS, 0.0) == set(CAMERAS)


def test_one_of_several_listens_before_it_begins() -> None:
    mine = replica("1/2")
    claims = Claims(mine, 0.0)
    assert claims.ours(wanted(mine), LISTEN_S - 0.1) == set()
    assert claims.ours(wanted(mine), LISTEN_S) == set(wanted(mine))


def test_an_older_replica_lets_go_of_what_a_newer_one_wants() -> None:
    old, new = replica("1/1"), replica("2/2", after_s=60)
    claims = Claims(old, 0.0)
    claims.heard(new, 60.0)
    assert claims.ours(CAMERAS, 60.0) == set(CAMERAS) - set(wanted(new))


def test_a_newer_replica_begins_when_the_older_one_has_let_go() -> None:
    new = replica("2/2", after_s=60)
    claims = Claims(new, 0.0)
    claims.heard(replica("1/1"), 1.0)
    assert claims.ours(wanted(new), 3.0) == set()
    claims.heard(replica("1/1", cameras=[c for c in CAMERAS if c not in wanted(new)]), 3.5)
    assert claims.ours(wanted(new), 3.5) == set(wanted(new))


def test_an_older_replica_that_does_not_let_go_has_had_its_time() -> None:
    new = replica("2/2", after_s=60)
    claims = Claims(new, 0.0)
    claims.heard(replica("1/1"), 1.0)
    assert claims.ours(wanted(new), 1.0 + PATIENCE_S) == set(wanted(new))


def test_nobody_waits_for_a_replica_that_is_gone() -> None:
    new = replica("2/2", after_s=60)
    claims = Claims(new, 0.0)
    claims.heard(replica("1/1"), 0.1)
    claims.gone("1")
    assert claims.ours(wanted(new), LISTEN_S) == set(wanted(new))


def test_what_the_broker_remembers_of_one_that_is_gone_is_no_news() -> None:
    mine = replica("1/2")
    claims = Claims(mine, 0.0)
    claims.gone("3")
    assert not claims.heard(replica("3/3", after_s=99), 1.0, retained=True)
    assert claims.ours(wanted(mine), 5.0) == set(wanted(mine))


def test_a_replica_takes_its_cameras_back_when_the_newer_one_is_gone() -> None:
    old = replica("1/1")
    claims = Claims(old, 0.0)
    claims.heard(replica("2/2", after_s=60), 60.0)
    claims.gone("2")
    assert claims.ours(CAMERAS, 61.0) == set(CAMERAS)


def test_an_earlier_life_of_ours_is_not_waited_for() -> None:
    claims = Claims(replica("1/1", after_s=60), 0.0)
    assert not claims.heard(replica("1/1"), 0.0, retained=True)
    assert claims.ours(CAMERAS, 0.0) == set(CAMERAS)


def test_an_earlier_life_that_seems_to_be_later_is_not_waited_for_either() -> None:
    """As where the clock was set back."""
    claims = Claims(replica("1/1"), 0.0)
    claims.gone("1")
    assert not claims.heard(replica("1/1", after_s=3600), 0.0, retained=True)
    assert claims.ours(CAMERAS, 0.0) == set(CAMERAS)


def test_of_two_with_one_slot_the_older_rests_and_knows_why() -> None:
    old, new = replica("1/2"), replica("1/2", after_s=5)
    older, newer = Claims(old, 0.0), Claims(new, 5.0)
    older.heard(new, 5.0)
    newer.heard(old, 5.0)
    assert (older.ours(wanted(old), 9.0), older.twin) == (set(), new)
    assert (newer.ours(wanted(new), 9.0), newer.twin) == (set(wanted(new)), None)


def test_a_restarted_replica_takes_the_place_of_its_earlier_life() -> None:
    mine = replica("1/2")
    claims = Claims(mine, 0.0)
    assert claims.heard(replica("2/2", after_s=1), 1.0)
    assert claims.heard(replica("2/2", after_s=30), 30.0)
    claims.gone("2")
    assert not claims.heard(replica("2/2", after_s=1), 31.0, retained=True)


@pytest.mark.parametrize(("before", "now"), [(1, 2), (2, 3), (4, 3), (3, 5)])
def test_each_camera_is_one_replicas_after_any_change_of_their_number(before: int, now: int) -> None:
    old = [replica(f"{n}/{before}") for n in range(1, before + 1)]
    new = [replica(f"{n}/{now}", after_s=60 + n) for n in range(1, now + 1)]
    everybody = {info.run: (info, Claims(info, 0.0)) for info in [*old, *new]}
    for info, claims in everybody.values():
        for other, _ in everybody.values():
            if other.run != info.run:
                claims.heard(other, 60.0)
    ours = [claims.ours(wanted(info), 100.0) for info, claims in everybody.values()]
    assert sorted(camera for each in ours for camera in each) == sorted(CAMERAS)


def test_nothing_changes_by_itself_when_everybody_has_had_his_time() -> None:
    claims = Claims(replica("1/2"), 0.0)
    assert not claims.settled(LISTEN_S)
    assert claims.settled(PATIENCE_S)
    claims.heard(replica("2/2"), 100.0)
    assert not claims.settled(100.0 + PATIENCE_S - 0.1)
    assert claims.settled(100.0 + PATIENCE_S)
