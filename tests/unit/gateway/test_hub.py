import asyncio
from collections.abc import Collection
from contextlib import ExitStack

from services.contract.topics import LIVE, PREVIEW
from services.gateway.pictures.channel import Channel
from services.gateway.pictures.hub import (
    GRACE_S,
    OVERTAKEN_S,
    SILENCE_S,
    WAKING_S,
    WAKING_SAID_S,
    Hub,
)
from services.gateway.pictures.picture import Picture, no_picture, received, waking
from tests.unit.gateway.frames import NOW, frame


class Source:
    """Notes what is open, and each opening and closing."""

    def __init__(self) -> None:
        self.log: list[str] = []

    def open(self, camera: str, leaf: str) -> None:
        self.log.append(f"open {camera}/{leaf}")

    def close(self, camera: str, leaf: str) -> None:
        self.log.append(f"close {camera}/{leaf}")


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


class Scene:
    """A hub with its source and its clock."""

    def __init__(self, on_demand: Collection[str] = ()) -> None:
        self.source = Source()
        self.clock = Clock()
        self.hub = Hub(
            self.source, self.clock, lambda: no_picture(NOW), lambda: waking(NOW), on_demand=on_demand
        )

    def put(self, sequence: int) -> None:
        self.hub.put("door", LIVE, picture(sequence))

    def after(self, seconds: float) -> None:
        self.clock.now += seconds
        self.hub.tick()


def picture(sequence: int) -> Picture:
    return received(frame(sequence), NOW)


def newest(channel: Channel) -> int | None:
    return channel.newest.sequence if channel.newest else None


def test_a_hundred_viewers_are_one_subscription() -> None:
    scene = Scene()
    with ExitStack() as viewers:
        for _ in range(100):
            viewers.enter_context(scene.hub.watch("door"))
        assert scene.source.log == ["open door/live"]
        assert (scene.hub.viewers, scene.hub.viewers_of("door")) == (100, 100)
    assert scene.hub.viewers == 0


def test_live_and_preview_are_apart() -> None:
    scene = Scene()
    with scene.hub.watch("door"), scene.hub.watch("door", PREVIEW):
        assert scene.source.log == ["open door/live", "open door/preview"]
        assert scene.hub.viewers == 1


def test_the_subscription_ends_a_while_after_the_last_viewer() -> None:
    scene = Scene()
    with scene.hub.watch("door"):
        scene.after(GRACE_S * 3)
    scene.after(GRACE_S - 0.1)
    assert scene.source.log == ["open door/live"]
    scene.after(0.1)
    assert scene.source.log == ["open door/live", "close door/live"]


def test_who_comes_back_within_the_while_finds_the_camera_warm() -> None:
    scene = Scene()
    with scene.hub.watch("door"):
        scene.put(7)
    scene.after(GRACE_S / 2 - 1)
    with scene.hub.watch("door") as channel:
        scene.after(GRACE_S * 2)
        assert scene.source.log == ["open door/live"]
        assert channel.count > 0


def test_a_frame_that_comes_after_the_end_opens_nothing() -> None:
    scene = Scene()
    scene.put(1)
    assert (scene.source.log, scene.hub.viewers) == ([], 0)


def test_a_viewer_gets_the_newest_and_skips_what_came_meanwhile() -> None:
    scene = Scene()

    async def watch() -> list[int]:
        with scene.hub.watch("door") as channel:
            scene.put(1)
            count, first = await channel.after(0)
            for sequence in range(2, 10):
                scene.put(sequence)
            _, second = await channel.after(count)
            return [first.sequence, second.sequence]

    assert asyncio.run(watch()) == [1, 9]


def test_one_frame_wakes_all_who_wait_and_nobody_gets_it_twice() -> None:
    scene = Scene()

    async def viewer(seen: list[int]) -> None:
        with scene.hub.watch("door") as channel:
            count = 0
            while len(seen) < 3:
                count, shown = await channel.after(count)
                seen.append(shown.sequence)

    async def all_of_them() -> list[list[int]]:
        seen: list[list[int]] = [[] for _ in range(5)]
        async with asyncio.TaskGroup() as group:
            for one in seen:
                group.create_task(viewer(one))
            for sequence in (1, 2, 3):
                await asyncio.sleep(0)
                await asyncio.sleep(0)
                scene.put(sequence)
        return seen

    assert asyncio.run(all_of_them()) == [[1, 2, 3]] * 5


def test_a_viewer_who_leaves_while_waiting_harms_no_other() -> None:
    scene = Scene()

    async def wait() -> int:
        with scene.hub.watch("door") as channel:
            return (await channel.after(0))[1].sequence

    async def two() -> int:
        staying, leaving = asyncio.create_task(wait()), asyncio.create_task(wait())
        await asyncio.sleep(0)
        leaving.cancel()
        await asyncio.gather(leaving, return_exceptions=True)
        scene.put(5)
        return await staying

    assert asyncio.run(two()) == 5
    assert scene.hub.viewers == 0


def test_viewers_of_a_silent_camera_are_told_so_again_and_again() -> None:
    scene = Scene()
    with scene.hub.watch("door") as channel:
        scene.put(1)
        scene.after(SILENCE_S - 0.1)
        assert newest(channel) == 1
        scene.after(0.1)
        assert channel.newest == no_picture(NOW)
        count = channel.count
        scene.after(SILENCE_S)
        assert channel.count == count + 1
        scene.put(2)
        assert newest(channel) == 2


def test_a_camera_that_goes_away_is_seen_at_once() -> None:
    scene = Scene()
    with scene.hub.watch("door") as channel:
        scene.put(1)
        scene.hub.set_online("door", online=False)
        assert channel.newest == no_picture(NOW)


def test_a_picture_that_is_overtaken_by_the_news_that_its_camera_goes_does_not_stay() -> None:
    scene = Scene()
    with scene.hub.watch("door") as channel:
        scene.hub.set_online("door", online=False)
        scene.put(1)
        scene.after(OVERTAKEN_S)
        assert channel.newest == no_picture(NOW)


def test_who_opens_a_camera_that_is_away_does_not_wait_in_vain() -> None:
    scene = Scene()
    scene.hub.set_online("door", online=False)
    with scene.hub.watch("door") as channel:
        assert channel.newest == no_picture(NOW)
    scene.after(GRACE_S)
    scene.hub.set_online("door", online=True)
    with scene.hub.watch("door") as channel:
        assert channel.newest is None


def test_a_preview_is_never_replaced() -> None:
    scene = Scene()
    with scene.hub.watch("door", PREVIEW) as channel:
        scene.hub.put("door", PREVIEW, picture(3))
        scene.hub.set_online("door", online=False)
        scene.after(SILENCE_S * 5)
        assert newest(channel) == 3


def test_viewers_of_a_camera_on_demand_are_soon_told_that_it_wakes_up() -> None:
    scene = Scene(on_demand=["door"])
    with scene.hub.watch("door") as channel:
        scene.after(WAKING_SAID_S - 0.1)
        assert channel.newest is None
        scene.after(0.1)
        assert channel.newest == waking(NOW)
        scene.after(SILENCE_S)
        assert channel.newest == waking(NOW)
        scene.put(1)
        scene.after(SILENCE_S)
        assert channel.newest == no_picture(NOW)


def test_a_camera_that_does_not_wake_up_has_no_picture() -> None:
    scene = Scene(on_demand=["door"])
    with scene.hub.watch("door") as channel:
        scene.after(WAKING_SAID_S)
        scene.after(WAKING_S)
        assert channel.newest == no_picture(NOW)


def test_one_that_is_awake_is_seen_without_a_word_before() -> None:
    scene = Scene(on_demand=["door"])
    with scene.hub.watch("door") as channel:
        scene.put(1)
        scene.after(WAKING_SAID_S)
        assert (newest(channel), channel.count) == (1, 1)


def test_one_that_was_lost_while_nobody_watched_is_tried_again_for_who_comes() -> None:
    scene = Scene(on_demand=["door"])
    scene.hub.set_online("door", online=False)
    with scene.hub.watch("door") as channel:
        assert channel.newest == waking(NOW)


def test_the_end_closes_everything() -> None:
    scene = Scene()
    with scene.hub.watch("door"), scene.hub.watch("door", PREVIEW):
        scene.hub.close()
        assert scene.source.log[2:] == ["close door/live", "close door/preview"]
    scene.after(GRACE_S)
    assert len(scene.source.log) == 4
