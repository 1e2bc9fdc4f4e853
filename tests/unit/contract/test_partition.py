"""Cameras are split evenly over replicas, the same everywhere, and few move when replicas come or go."""

from collections import Counter

import pytest

from services.contract.partition import Partition, slot_of

CAMERAS = [f"camera-{n}" for n in range(2000)]


@pytest.mark.parametrize("count", [1, 2, 3, 8])
def test_each_camera_belongs_to_exactly_one_replica(count: int) -> None:
    replicas = [Partition(slot, count) for slot in range(1, count + 1)]
    assert all(sum(replica.has(camera) for replica in replicas) == 1 for camera in CAMERAS)


@pytest.mark.parametrize("count", [2, 3, 8])
def test_replicas_have_about_as_many_cameras_each(count: int) -> None:
    share = Counter(slot_of(camera, count) for camera in CAMERAS)
    assert max(share.values()) < 1.25 * min(share.values())


def test_only_those_move_that_a_new_replica_takes() -> None:
    moved = [camera for camera in CAMERAS if slot_of(camera, 4) != slot_of(camera, 5)]
    assert {slot_of(camera, 5) for camera in moved} == {5}
    assert len(moved) < len(CAMERAS) / 4


def test_the_split_is_the_same_in_every_release() -> None:
    assert [slot_of(camera, 4) for camera in ("door", "yard", "street", "garage")] == [4, 4, 4, 1]


@pytest.mark.parametrize("text", ["", "2", "0/2", "3/2", "a/b", "1/2/3", "-1/2", "1.0/2"])
def test_what_is_no_slot_of_so_many_gets_its_sentence(text: str) -> None:
    with pytest.raises(ValueError, match=r"must be a replica's number and how many there are, such as 1/2"):
        Partition.parse(text)


def test_a_slot_is_written_as_it_is_read() -> None:
    assert str(Partition.parse("2/8")) == "2/8"
