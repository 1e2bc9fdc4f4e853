"""One account, shown twice: what a service says in its `stats` topics is what Prometheus scrapes."""

from collections.abc import Callable, Iterator, Mapping

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from services.contract.message import Message

#: A service's statistics by camera.
Account = Callable[[], Mapping[str, Message]]

#: What goes up and down; everything else counts from the start of the service.
GAUGES = frozenset(
    {
        "fps",
        "last_sequence",
        "outbox_frames",
        "outbox_bytes",
        "open_handovers",
        "latency_ms",
        "waiting",
        "in_spool",
        "spool_filled",
        "paused",
        "outbox_filled",
        "viewers",
        "events_today",
        "archive_bytes",
    }
)


class AccountCollector(Collector):
    """Turns the statistics of a service into metrics: `nightjar_<service>_<key>{camera="…"}`."""

    def __init__(self, service: str, account: Account) -> None:
        self._service = service
        self._account = account

    def collect(self) -> Iterator[Metric]:
        families: dict[str, Metric] = {}
        for camera, stats in sorted(self._account().items()):
            for key, value in stats:
                if isinstance(value, bool) or not isinstance(value, int | float):
                    continue
                family = families.get(key) or self._family(key, type(stats))
                families[key] = family
                family.add_metric([camera], value)  # type: ignore[attr-defined]  # both kinds have it
        yield from families.values()

    def _family(self, key: str, model: type[Message]) -> Metric:
        name = f"nightjar_{self._service}_{key}"
        words = model.model_fields[key].description or key.replace("_", " ")
        kind = GaugeMetricFamily if key in GAUGES else CounterMetricFamily
        return kind(name, words, labels=["camera"])


def registry(accounts: Mapping[str, Account]) -> CollectorRegistry:
    """A registry with the accounts of these services."""
    found = CollectorRegistry()
    for service, account in accounts.items():
        found.register(AccountCollector(service, account))
    return found
