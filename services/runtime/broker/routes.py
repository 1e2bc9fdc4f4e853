"""Which sessions get what is published to a topic: subscriptions and ACL together, remembered per topic."""

from dataclasses import dataclass

from services.runtime.broker.filters import FilterTree
from services.runtime.broker.packets import Subscription
from services.runtime.broker.session import Session

_REMEMBERED = 4096  # topics; a topic may be made up for one message


@dataclass(frozen=True, slots=True)
class Route:
    """One session and how it wants the topic: its matching subscriptions merged, so a message goes once."""

    session: Session
    qos: int
    no_local: bool
    retain_as_published: bool
    ids: tuple[int, ...]


class Routes:
    def __init__(self) -> None:
        self._tree: FilterTree[Session, Subscription] = FilterTree()
        self._by_topic: dict[str, tuple[Route, ...]] = {}

    def add(self, pattern: str, session: Session, subscription: Subscription) -> None:
        self._tree.add(pattern, session, subscription)
        self._by_topic.clear()

    def remove(self, pattern: str, session: Session) -> None:
        self._tree.remove(pattern, session)
        self._by_topic.clear()

    def to(self, topic: str) -> tuple[Route, ...]:
        """Everyone who wants the topic and may read it."""
        routes = self._by_topic.get(topic)
        if routes is None:
            if len(self._by_topic) >= _REMEMBERED:
                self._by_topic.clear()
            routes = self._by_topic[topic] = self._find(topic)
        return routes

    def _find(self, topic: str) -> tuple[Route, ...]:
        wishes: dict[Session, list[Subscription]] = {}
        for session, subscription in self._tree.match(topic):
            wishes.setdefault(session, []).append(subscription)
        return tuple(_merged(s, found) for s, found in wishes.items() if s.rights.may_read(topic))


def _merged(session: Session, found: list[Subscription]) -> Route:
    return Route(
        session,
        qos=max(s.qos for s in found),
        no_local=all(s.no_local for s in found),
        retain_as_published=any(s.retain_as_published for s in found),
        ids=tuple(s.id for s in found if s.id is not None),
    )
