"""An event's pictures out of the store, in order of time, some of them read ahead."""

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

from services.archive.checking import wrong_frame
from services.archive.progress import Progress
from services.contract.archive import Manifest, StoredFrame
from services.store import NotStored, Store

_AHEAD = 3  # pictures per thread


class Pictures:
    """Those that are whole; what is wrong with the others stands in `problems` afterwards."""

    def __init__(self, store: Store, manifest: Manifest, threads: int, progress: Progress) -> None:
        self.problems: list[str] = []
        self._store = store
        self._manifest = manifest
        self._threads = threads
        self._progress = progress

    def __iter__(self) -> Iterator[tuple[StoredFrame, bytes]]:
        pool = ThreadPoolExecutor(self._threads, "export")
        waiting: deque[tuple[StoredFrame, Future[bytes]]] = deque()
        frames = iter(self._manifest.frames)
        try:
            while True:
                while len(waiting) < self._threads * _AHEAD and (frame := next(frames, None)):
                    waiting.append((frame, pool.submit(self._store.get, frame.key)))
                if not waiting:
                    return
                frame, future = waiting.popleft()
                if jpeg := self._checked(frame, future):
                    yield frame, jpeg
        finally:
            pool.shutdown(wait=True, cancel_futures=True)

    def _checked(self, frame: StoredFrame, future: "Future[bytes]") -> bytes | None:
        try:
            jpeg = future.result()
        except NotStored:
            jpeg, wrong = b"", f"{frame.key} is not there"
        else:
            wrong = wrong_frame(frame, self._manifest.camera, jpeg) or ""
        self._progress.add(done=1, read_bytes=len(jpeg))
        if wrong:
            self.problems.append(wrong)
            return None
        return jpeg
