"""Which cameras are ours at this moment, where several replicas may want the same: the newest has its way.

Each replica says, in its `info`, which slot it has, since when, and which cameras it is at work on. One that
began later has the newer configuration: whoever is older lets go of what that one wants, and the newer one
begins when it has let go, or is gone, or has had its time. So a camera changes hands with its event closed
and its list of frames handed over, and nobody has to know how many replicas there were before. Pure; the time
is given.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from services.contract.partition import Partition
from services.contract.status import ServiceInfo

#: How long a new replica of several listens before it begins: the others answer its first words.
LISTEN_S = 2.0
#: How long an older one may take to close its event and let go.
PATIENCE_S = 6.0


@dataclass(frozen=True, slots=True)
class _Other:
    info: ServiceInfo
    heard_s: float  # first

    def wants(self, camera: str) -> bool:
        return Partition.parse(self.info.slot).has(camera)


class Claims:
    """One replica's view of the others of its service."""

    def __init__(self, ours: ServiceInfo, now_s: float) -> None:
        self._ours = ours
        self._began_s = now_s
        self._others: dict[str, _Other] = {}
        self._away: set[str] = set()

    def heard(self, info: ServiceInfo, now_s: float, *, retained: bool = False) -> bool:
        """A replica says who it is; returns whether it is news that there is this one.

        What a broker remembers of a slot that is nobody's is no news, nor is an earlier life of ours.
        """
        if info.instance == self._ours.instance and not self._is_newer(info):
            return False
        if retained and info.instance in self._away:
            return False
        self._away.discard(info.instance)
        known = self._others.get(info.run)
        for run, each in list(self._others.items()):  # a slot is one replica's: an earlier life is over
            if each.info.instance == info.instance and not _newer(each.info, info):
                del self._others[run]
        self._others[info.run] = _Other(info, known.heard_s if known else now_s)
        return known is None

    def gone(self, instance: str) -> None:
        """The broker says that this slot is nobody's any more."""
        self._away.add(instance)
        self._others = {run: each for run, each in self._others.items() if each.info.instance != instance}

    def ours(self, wanted: Iterable[str], now_s: float) -> set[str]:
        """Those of the cameras that are wanted by our slot which we may be at work on now."""
        if self._ours_is_one_of_several and now_s - self._began_s < LISTEN_S:
            return set()
        others = list(self._others.values())
        return {
            camera for camera in wanted if not any(self._is_theirs(each, camera, now_s) for each in others)
        }

    def settled(self, now_s: float) -> bool:
        """Whether nothing changes by itself any more, but with what is heard."""
        newest_s = max((each.heard_s for each in self._others.values()), default=self._began_s)
        return now_s - max(newest_s, self._began_s) >= max(LISTEN_S, PATIENCE_S)

    @property
    def twin(self) -> ServiceInfo | None:
        """A newer replica that has our very slot."""
        others = [each.info for each in self._others.values()]
        return next((info for info in others if info.instance == self._ours.instance), None)

    @property
    def _ours_is_one_of_several(self) -> bool:
        return Partition.parse(self._ours.slot).count > 1

    def _is_theirs(self, other: _Other, camera: str, now_s: float) -> bool:
        """Whether the camera is that one's now."""
        if self._is_newer(other.info):
            return other.wants(camera)
        return camera in other.info.cameras and now_s - max(other.heard_s, self._began_s) < PATIENCE_S

    def _is_newer(self, info: ServiceInfo) -> bool:
        return _newer(info, self._ours)


def _newer(one: ServiceInfo, other: ServiceInfo) -> bool:
    return (one.since or _NEVER, one.run) > (other.since or _NEVER, other.run)


_NEVER = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
