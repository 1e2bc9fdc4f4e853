"""Clips of events, made when somebody asks, in a codec that phones play, and kept for a while."""

import asyncio
import logging
import os
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from services.contract.archive import Manifest
from services.runtime.errors import UserError

log = logging.getLogger(__name__)

MAX_WIDE = 1280  # phones show no more, and a quarter of the pixels is a quarter of the work
MAX_FRAMES = 3000
MAX_WAITING = 4
KEEP_BYTES = 256_000_000
NICE = 10  # live pictures come first

Read = Callable[[str], bytes | None]
"""The object of a key; None where it is gone."""


class NoClip(Exception):
    """There can be none; the text says why."""


class Busy(Exception):
    """Too many are being made."""


class Clips:
    """One is made at a time, in a thread of its own; those asked for last stay on disk."""

    def __init__(self, folder: Path, read: Read) -> None:
        self._folder = folder
        self._read = read
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="gateway-clips")
        self._making: dict[str, asyncio.Task[Path]] = {}

    async def clip(self, manifest: Manifest) -> Path:
        """An MP4 with H.264. Raises `NoClip`, `Busy`, and what reading the archive raises."""
        if len(manifest.frames) > MAX_FRAMES:
            raise NoClip(
                f"the event has {len(manifest.frames)} frames, and a clip at most {MAX_FRAMES}: "
                "'nightjar archive export' makes one of any length"
            )
        path = self._folder / f"{manifest.camera}-{manifest.event}.mp4"
        if path.exists():
            with suppress(OSError):
                os.utime(path)  # those that were not asked for longest go first
            return path
        task = self._making.get(path.name)
        if task is None:
            if len(self._making) >= MAX_WAITING:
                raise Busy
            task = asyncio.create_task(self._make(manifest, path), name=f"gateway-clip-{manifest.event}")
            self._making[path.name] = task
            task.add_done_callback(lambda _: self._making.pop(path.name, None))
        return await asyncio.shield(task)

    def close(self) -> None:
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def _make(self, manifest: Manifest, path: Path) -> Path:
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, self._write, manifest, path)

    def _write(self, manifest: Manifest, path: Path) -> Path:
        from services.store.clip import write_clip  # noqa: PLC0415 - PyAV is loaded when it is needed

        _be_modest()
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        try:
            write_clip(self._pictures(manifest), part, "mp4", h264=True, most_wide=MAX_WIDE)
            part.replace(path)
        except UserError as error:
            raise NoClip(str(error)) from None
        finally:
            part.unlink(missing_ok=True)
        self._tidy(path)
        return path

    def _pictures(self, manifest: Manifest) -> Iterator[tuple[datetime, bytes]]:
        for frame in manifest.frames:
            if jpeg := self._read(frame.key):
                yield frame.time, jpeg

    def _tidy(self, newest: Path) -> None:
        clips = sorted(self._folder.glob("*.mp4"), key=lambda clip: clip.stat().st_mtime, reverse=True)
        kept = 0
        for clip in clips:
            kept += clip.stat().st_size
            if kept > KEEP_BYTES and clip != newest:
                clip.unlink(missing_ok=True)


def _be_modest() -> None:
    """On Linux a thread has a priority of its own."""
    with suppress(OSError, AttributeError):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)
