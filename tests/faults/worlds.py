"""The world that is used again and again, until a test leaves it in ruins."""

from contextlib import AbstractContextManager
from pathlib import Path

from tests.faults.world import World, a_world


class Worlds:
    """Gives the present world, or makes one."""

    def __init__(self, folder: Path, lenses: int) -> None:
        self._folder = folder
        self._lenses = lenses
        self._made = 0
        self._present: tuple[World, AbstractContextManager[World]] | None = None

    def get(self) -> World:
        if self._present is None:
            self._made += 1
            folder = self._folder / str(self._made)
            folder.mkdir()
            context = a_world(folder, self._lenses)
            self._present = context.__enter__(), context
        return self._present[0]

    def give_up(self) -> None:
        if self._present is not None:
            (_, context), self._present = self._present, None
            context.__exit__(None, None, None)
