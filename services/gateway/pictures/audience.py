"""All who watch one channel over plain HTTP: the newest picture for each of them, when it can take one."""

import asyncio
import errno
import logging
import time
from collections import deque
from collections.abc import Callable
from os import sendfile

from services.gateway.pictures.channel import Channel
from services.gateway.pictures.picture import Picture
from services.gateway.pictures.sheet import Sheet
from services.gateway.pictures.viewer import Viewer

log = logging.getLogger(__name__)

#: So many viewers are served in a row, about 2 ms, before others of this loop have their turn.
SLICE = 200
#: Chromium shows a part only when the next one begins: with `?repeat=1` a picture that is the last for so
#: long is sent once more, so that a page shows the newest of a slow camera, too.
REPEAT_S = 0.25


class Audience:
    """Viewers rest until there is a picture that they have not seen; then each has its turn.

    Who cannot take it all is handed to `stalled` and comes back by `resume`; who has gone, to `gone`.
    All in the event loop's thread: `sendfile` gives the GIL away while it copies, but nobody else wants it
    for long, whereas a thread of its own would have to win it back from the loop a thousand times a picture.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        channel: Channel,
        stalled: Callable[[Viewer], None],
        gone: Callable[[Viewer], None],
    ) -> None:
        self.channel = channel
        self.size = 0
        self._loop = loop
        self._stalled = stalled
        self._gone = gone
        self._tally = channel.tally
        self._turn: deque[Viewer] = deque()
        self._resting: list[Viewer] = []
        self._newest: Sheet | None = None
        self._number = 0
        self._shown_at = 0.0
        self._serving: asyncio.Handle | None = None
        self._repeating: asyncio.TimerHandle | None = None
        channel.listeners.append(self.show)
        if channel.newest:
            self.show(channel.newest)

    def show(self, picture: Picture) -> None:
        """A new picture: whoever has not yet been served gets this one instead of the last."""
        try:
            self._newest = Sheet(picture, self._number + 1)
        except OSError as error:
            log.warning("a picture was skipped for all its viewers: %s", error)
            return
        self._number += 1
        self._shown_at = self._loop.time()
        self._turn += self._resting
        self._resting = []
        self._serve()
        self._expect_repeat()

    def join(self, viewer: Viewer) -> None:
        self._next(viewer)
        self._expect_repeat()

    def resume(self, viewer: Viewer) -> bool:
        """Goes on where the viewer stalled, as far as it can take it; says whether it has caught up."""
        sheet = viewer.sheet if viewer.offset else self._newest  # of an old one that has not begun, none
        if viewer.fd < 0 or sheet is None:
            return True
        viewer.sheet = sheet
        try:
            while viewer.offset < sheet.size:
                viewer.offset += sendfile(viewer.fd, sheet.fd, viewer.offset, sheet.size - viewer.offset)
        except BlockingIOError:
            return False
        except OSError:
            self._gone(viewer)
            return True
        viewer.sheet, viewer.offset = None, 0
        self._tally.shown += 1
        self._count_skipped(viewer, sheet.number)
        if sheet is self._newest:
            self._rest(viewer)
        else:
            self._next(viewer)
        return True

    def close(self) -> None:
        self.channel.listeners.remove(self.show)
        for handle in (self._serving, self._repeating):
            if handle:
                handle.cancel()
        self._newest = None

    # -- turns -----------------------------------------------------------------------------------------

    def _next(self, viewer: Viewer) -> None:
        self._turn.append(viewer)
        if self._serving is None:
            self._serve()

    def _rest(self, viewer: Viewer) -> None:
        self._resting.append(viewer)
        self._expect_repeat()

    def _serve(self) -> None:
        """The hot path: what is done here is done for each viewer and picture."""
        if self._serving:
            self._serving.cancel()
            self._serving = None
        sheet, turn, resting = self._newest, self._turn, self._resting
        if sheet is None:  # nothing has come yet: they wait for it
            resting.extend(turn)
            turn.clear()
            return
        fd, size, number = sheet.fd, sheet.size, sheet.number
        shown = 0
        for _ in range(min(len(turn), SLICE)):
            viewer = turn.popleft()
            if viewer.particular and not self._wants(viewer, sheet):
                continue
            try:
                sent = sendfile(viewer.fd, fd, 0, size)
            except OSError as error:
                if error.errno != errno.EAGAIN:
                    self._gone(viewer)
                    continue
                sent = 0
            if sent == size:
                resting.append(viewer)
                shown += 1
                if viewer.number == number - 1:
                    viewer.number = number
                else:
                    self._count_skipped(viewer, number)
            else:
                viewer.sheet, viewer.offset = sheet, sent
                if not self.resume(viewer):  # only who has met no room is told when there is some
                    self._stalled(viewer)
        self._tally.shown += shown
        if turn:
            self._serving = self._loop.call_soon(self._serve)

    def _count_skipped(self, viewer: Viewer, number: int) -> None:
        if not viewer.particular:  # who asks for fewer is not slow
            self._tally.passed_over(viewer.number, number)
        viewer.number = number

    def _wants(self, viewer: Viewer, sheet: Sheet) -> bool:
        """Whether this picture is for this viewer now; if not, it is seen to that it gets a later one."""
        if viewer.fd < 0:
            return False
        if viewer.wishes.max_age_s and time.time() - sheet.picture.time.timestamp() > viewer.wishes.max_age_s:
            self._resting.append(viewer)
            return False
        if viewer.pace and not viewer.granted and viewer.twice != self._number:
            wait_s = viewer.pace.wait_s()
            if wait_s > 0:
                self._loop.call_later(wait_s, self._grant, viewer)
                return False
        viewer.granted = False
        return True

    def _grant(self, viewer: Viewer) -> None:
        viewer.granted = True
        self._next(viewer)
        self._expect_repeat()

    # -- once more -------------------------------------------------------------------------------------

    def _expect_repeat(self, wait_s: float = REPEAT_S) -> None:
        if self._repeating is None:
            self._repeating = self._loop.call_later(wait_s, self._repeat)

    def _repeat(self) -> None:
        """Whoever wants the last picture twice gets it again, unless there is a newer one."""
        self._repeating = None
        quiet_s = self._loop.time() - self._shown_at
        if quiet_s < REPEAT_S or self._serving:
            self._expect_repeat(max(REPEAT_S - quiet_s, 0.01))
            return
        again = {one for one in self._resting if one.wishes.repeats and one.twice != self._number}
        if again:
            self._resting = [one for one in self._resting if one not in again]
            for viewer in again:
                viewer.twice = self._number
            self._turn += again
            self._serve()
