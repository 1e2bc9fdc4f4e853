"""The newest picture of each camera that somebody watches, and nothing of those that nobody does."""

from collections import defaultdict
from collections.abc import Callable, Container, Iterator
from contextlib import contextmanager
from typing import Protocol

from services.contract.topics import LIVE
from services.gateway.pictures.channel import Channel
from services.gateway.pictures.picture import Picture
from services.gateway.pictures.tally import Tally

#: How long a camera without viewers stays subscribed: a reloaded page or a polled snapshot finds it warm.
GRACE_S = 10.0
#: How long a camera may say nothing before its viewers are told so, and told so again.
SILENCE_S = 5.0
#: And where it has said that it goes: a picture that comes after that was under way.
OVERTAKEN_S = 1.0
#: How long a camera on demand may take to wake up, and how soon its viewers hear that it does.
WAKING_S = 15.0
WAKING_SAID_S = 0.5


class FrameSource(Protocol):
    """Where pictures come from: they are handed to `Hub.put` from `open` until `close`."""

    def open(self, camera: str, leaf: str) -> None: ...

    def close(self, camera: str, leaf: str) -> None: ...


class Hub:
    """Opens a channel with its first viewer, and closes it a while after its last. For one event loop.

    Cameras `on_demand` sleep while nobody wants them, so viewers first see `waking` where others see
    `no_picture`.
    """

    def __init__(
        self,
        source: FrameSource,
        clock: Callable[[], float],
        no_picture: Callable[[], Picture],
        waking: Callable[[], Picture],
        on_demand: Container[str] = (),
    ) -> None:
        self._source = source
        self._clock = clock
        self._no_picture = no_picture
        self._waking = waking
        self._on_demand = on_demand
        self._channels: dict[tuple[str, str], Channel] = {}
        self._offline: set[str] = set()
        self._tallies: defaultdict[str, Tally] = defaultdict(Tally)

    @contextmanager
    def watch(self, camera: str, leaf: str = LIVE) -> Iterator[Channel]:
        """The camera's channel, kept open inside the block."""
        channel = self._channels.get((camera, leaf)) or self._open(camera, leaf)
        channel.viewers += 1
        try:
            yield channel
        finally:
            channel.viewers -= 1
            channel.last_viewer = self._clock()

    @property
    def viewers(self) -> int:
        """How many watch live, all cameras together."""
        return sum(channel.viewers for (_, leaf), channel in self._channels.items() if leaf == LIVE)

    def viewers_of(self, camera: str) -> int:
        channel = self._channels.get((camera, LIVE))
        return channel.viewers if channel else 0

    def tally_of(self, camera: str) -> Tally:
        """What those who watched it live were given."""
        return self._tallies[camera]

    def put(self, camera: str, leaf: str, picture: Picture) -> None:
        if channel := self._channels.get((camera, leaf)):
            channel.put(picture, self._clock())

    def set_online(self, camera: str, online: bool) -> None:
        """Viewers of a camera that went away see so at once, and its picture again when it is back."""
        if online:
            self._offline.discard(camera)
        elif camera not in self._offline:
            self._offline.add(camera)
            self.put(camera, LIVE, self._no_picture())

    def tick(self) -> None:
        """Once a second: tells viewers of silent cameras, closes channels that nobody watches any more."""
        now = self._clock()
        for (camera, leaf), channel in list(self._channels.items()):
            if not channel.viewers and now - channel.last_viewer >= GRACE_S:
                del self._channels[camera, leaf]
                self._source.close(camera, leaf)
            elif leaf == LIVE:
                self._mind_silence(camera, channel, now)

    def close(self) -> None:
        """At the end: nobody watches any more."""
        for camera, leaf in self._channels:
            self._source.close(camera, leaf)
        self._channels.clear()

    def _mind_silence(self, camera: str, channel: Channel, now: float) -> None:
        wakes = camera in self._on_demand and not channel.seen and now - channel.opened < WAKING_S
        patience_s = WAKING_SAID_S if wakes and channel.newest is None else SILENCE_S
        if camera in self._offline and channel.newest and channel.newest.live:
            patience_s = OVERTAKEN_S
        if now - channel.last_put >= patience_s:
            channel.put(self._waking() if wakes else self._no_picture(), now)

    def _open(self, camera: str, leaf: str) -> Channel:
        channel = self._channels[camera, leaf] = Channel(self._clock(), self._tallies[camera])
        if leaf == LIVE and camera in self._offline:
            stand_in = self._waking if camera in self._on_demand else self._no_picture
            channel.put(stand_in(), self._clock())
        self._source.open(camera, leaf)
        return channel
