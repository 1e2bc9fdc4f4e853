import asyncio
import os
import random
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from services.gateway.pictures import audience, taking
from services.gateway.pictures.sheet import AVAILABLE, Sheet
from services.gateway.pictures.wishes import Wishes
from tests.unit.gateway.watchers import BIG, Scene, picture, watching

pytestmark = pytest.mark.skipif(not AVAILABLE, reason="there are no files of memory here")

Play = Callable[[Scene], Awaitable[None]]


def played(play: Play) -> None:
    async def scene() -> None:
        async with watching() as scene:
            await play(scene)

    asyncio.run(scene())


def test_every_viewer_is_sent_every_picture_at_once() -> None:
    async def play(scene: Scene) -> None:
        viewers = [scene.join() for _ in range(5)]
        for sequence in (1, 2, 3):
            scene.show(sequence)
        assert [viewer.sequences() for viewer in viewers] == [[1, 2, 3]] * 5

    played(play)


def test_who_comes_later_sees_the_newest_at_once() -> None:
    async def play(scene: Scene) -> None:
        scene.show(1)
        scene.show(2)
        first = scene.join()
        assert first.sequences() == [2]
        scene.show(3)
        assert scene.join().sequences() == [3]
        assert first.sequences() == [2, 3]

    played(play)


def test_many_viewers_are_served_in_slices_and_all_get_the_picture() -> None:
    async def play(scene: Scene) -> None:
        viewers = [scene.join() for _ in range(2 * audience.SLICE + 1)]
        scene.show(1)
        assert sum(viewer.sequences() == [1] for viewer in viewers) == audience.SLICE
        scene.show(2)  # whoever still waits gets this one
        await scene.until(lambda: all(viewer.sequences()[-1:] == [2] for viewer in viewers))
        assert sum(viewer.sequences() == [2] for viewer in viewers) > 0

    played(play)


def test_who_reads_nothing_is_skipped_and_goes_on_with_the_newest() -> None:
    async def play(scene: Scene) -> None:
        slow, quick = scene.join(), scene.join()
        for sequence in range(1, 20):
            scene.show(sequence, BIG)
            await scene.until(lambda: quick.sequences()[-1:] == [sequence])  # noqa: B023 - at once
        await scene.until(lambda: slow.sequences()[-1:] == [19])
        assert slow.sequences() == [1, 19]

    played(play)


def test_who_reads_nothing_keeps_one_picture_and_no_more() -> None:
    async def play(scene: Scene) -> None:
        viewers = [scene.join() for _ in range(3)]
        for sequence in range(1, 50):
            scene.show(sequence, BIG)
            await asyncio.sleep(0)
        assert len(memory_files()) <= 2  # the newest, and the one in whose middle they are
        del viewers

    played(play)


def memory_files() -> list[str]:
    links = [str(path.readlink()) for path in Path("/proc/self/fd").iterdir() if path.is_symlink()]
    return [link for link in links if "nightjar-picture" in link]


def test_whatever_pace_viewers_read_at_every_picture_is_whole_and_the_last_one_is_the_newest() -> None:
    chance = random.Random(7)

    async def play(scene: Scene) -> None:
        viewers = [scene.join() for _ in range(12)]
        for sequence in range(1, 150):
            scene.show(sequence, chance.choice([100, 70_000, BIG]))
            for viewer in chance.sample(viewers, 6):
                viewer.read(chance.choice([1, 5_000, 300_000]))
            await asyncio.sleep(0)
        for viewer in viewers:
            await scene.until(lambda: viewer.sequences()[-1:] == [149])  # noqa: B023 - at once
            seen = viewer.sequences()
            assert seen == sorted(set(seen))
        assert min(len(viewer.sequences()) for viewer in viewers) < 149
        tally, got = scene.channel.tally, sum(len(viewer.sequences()) for viewer in viewers)
        assert (tally.shown, tally.skipped) == (got, 12 * 149 - got)

    played(play)


def test_who_takes_nothing_for_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    async def play(scene: Scene) -> None:
        dead, alive = scene.join(), scene.join()
        scene.show(1, BIG)
        await scene.until(lambda: alive.sequences() == [1])
        scene.fanout.tick()
        assert not dead.gone
        monkeypatch.setattr(taking, "DEAD_S", 0.0)
        scene.fanout.tick()
        assert (dead.gone, alive.gone) == (True, False)

    played(play)


def test_who_leaves_is_noticed_though_nothing_is_sent() -> None:
    async def play(scene: Scene) -> None:
        leaving, staying = scene.join(), scene.join()
        leaving.sock.close()
        await scene.until(lambda: leaving.gone)
        assert (len(scene.fanout), staying.gone) == (1, False)
        scene.show(1)
        assert staying.sequences() == [1]

    played(play)


def test_who_leaves_in_the_middle_of_a_picture_harms_nobody() -> None:
    async def play(scene: Scene) -> None:
        leaving, staying = scene.join(), scene.join()
        scene.show(1, BIG)
        leaving.sock.close()
        scene.show(2, BIG)
        await scene.until(lambda: leaving.gone and staying.sequences()[-1:] == [2])
        assert memory_files() == memory_files()[:1]

    played(play)


def test_a_login_that_ends_ends_its_streams() -> None:
    async def play(scene: Scene) -> None:
        ending, staying = scene.join(), scene.join()
        ending.welcome = False
        scene.fanout.tick()
        assert (ending.gone, staying.gone) == (True, False)

    played(play)


def test_fps_limits_a_viewer_and_no_other() -> None:
    async def play(scene: Scene) -> None:
        limited, free = scene.join(Wishes(interval_s=0.1)), scene.join()
        began = asyncio.get_running_loop().time()
        for sequence in range(1, 51):
            scene.show(sequence)
            await asyncio.sleep(0.005)
        took_s = asyncio.get_running_loop().time() - began
        assert free.sequences() == list(range(1, 51))
        assert len(limited.sequences()) <= took_s / 0.1 + 1
        assert scene.channel.tally.skipped == 0  # nobody was slow
        await scene.until(lambda: limited.sequences()[-1] == 50)  # the newest, when its time has come

    played(play)


def test_an_old_picture_is_not_for_who_wants_none() -> None:
    async def play(scene: Scene) -> None:
        strict, other = scene.join(Wishes(max_age_s=5)), scene.join()
        scene.show(1)  # it was taken long ago
        assert (strict.sequences(), other.sequences()) == ([], [1])

    played(play)


def test_the_last_picture_is_sent_twice_to_who_asked_for_that(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audience, "REPEAT_S", 0.02)

    async def play(scene: Scene) -> None:
        page, player = scene.join(Wishes(repeats=True)), scene.join()
        limited = scene.join(Wishes(repeats=True, interval_s=0.05))
        scene.show(1)
        scene.show(2)
        await scene.until(lambda: page.sequences() == [1, 2, 2])
        await scene.until(lambda: limited.sequences() == [1, 1, 2, 2] or limited.sequences() == [1, 2, 2])
        await asyncio.sleep(0.1)
        assert (page.sequences(), player.sequences()) == ([1, 2, 2], [1, 2])

    played(play)


def test_where_there_is_no_memory_for_a_picture_the_next_one_is_shown(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def play(scene: Scene) -> None:
        viewer = scene.join()
        with monkeypatch.context() as broken:
            broken.setattr(os, "memfd_create", no_file)
            scene.show(1)
        scene.show(2)
        assert viewer.sequences() == [2]

    played(play)
    assert caplog.messages == ["a picture was skipped for all its viewers: [Errno 24] none left"]


def no_file(_name: str, _flags: int) -> int:
    raise OSError(24, "none left")


def test_a_sheet_is_the_part_and_is_gone_with_its_last_reference() -> None:
    shown = picture(7, BIG)
    sheet = Sheet(shown, 1)
    assert os.pread(sheet.fd, sheet.size + 1, 0) == shown.part
    del sheet
    assert memory_files() == []
