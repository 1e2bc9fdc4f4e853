"""Faults are played in several worlds side by side: most of a round is waiting."""

import queue
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path
from random import Random
from time import monotonic

from tests.faults.faults import Fault
from tests.faults.report import Played
from tests.faults.rounds import play
from tests.faults.world import World, a_world


class Ended(Exception):
    """Nobody waits for it any more."""


class Lane:
    """A world that is used for one fault after the other, and made anew where one left it in ruins."""

    def __init__(self, folder: Path, lenses: int) -> None:
        self._folder = folder
        self._lenses = lenses
        self._made = 0
        self._present: tuple[World, AbstractContextManager[World]] | None = None
        self._ended = False

    def play(self, fault: Fault, rounds: int, seed: int) -> Played:
        """Up to the first round in which something is wrong."""
        began_s, played = monotonic(), Played()
        for n in range(rounds):
            world = self._world()
            try:
                account = play(world, fault, Random(f"{seed} {fault.name} {n}"))
            except BaseException:
                self.give_up()
                raise
            played.account.add(account)
            if wrong := account.lost + account.doubled:
                said = [f"--seed {seed}, round {n + 1}", *wrong[:10], *account.story, world.describe()]
                played.story = "\n".join(said)
                break
        played.seconds = monotonic() - began_s
        return played

    def end(self) -> None:
        """Whoever plays in it finds it gone, and there is no other."""
        self._ended = True
        self.give_up()

    def give_up(self) -> None:
        if self._present is not None:
            (_, context), self._present = self._present, None
            context.__exit__(None, None, None)

    def _world(self) -> World:
        if self._present is None:
            self._made += 1
            folder = self._folder / str(self._made)
            folder.mkdir(parents=True)
            context = a_world(folder, self._lenses)
            self._present = context.__enter__(), context
        if self._ended:
            self.give_up()
            raise Ended
        return self._present[0]


class Lanes:
    """Plays these faults in their order, each in whichever lane is free; `of` waits for one of them."""

    def __init__(
        self, folder: Path, faults: Sequence[Fault], *, lanes: int, lenses: int, rounds: int, seed: int
    ) -> None:
        self._rounds = rounds
        self._seed = seed
        self._lanes = [Lane(folder / f"lane{n + 1}", lenses) for n in range(lanes)]
        self._free: queue.SimpleQueue[Lane] = queue.SimpleQueue()
        for lane in self._lanes:
            self._free.put(lane)
        self._pool = ThreadPoolExecutor(lanes, "lane")
        self._played: dict[str, Future[Played]] = {
            fault.name: self._pool.submit(self._play, fault) for fault in faults
        }

    def of(self, fault: Fault) -> Played:
        """Raises what was raised while it was played."""
        return self._played[fault.name].result()

    def end(self) -> None:
        """What has not begun never will; what is being played finds its world gone."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        for lane in self._lanes:
            lane.end()
        self._pool.shutdown()

    def _play(self, fault: Fault) -> Played:
        lane = self._free.get()
        try:
            return lane.play(fault, self._rounds, self._seed)
        finally:
            self._free.put(lane)
