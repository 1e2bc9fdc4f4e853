"""One account, shown twice: what a service says in its `stats` topics is what Prometheus scrapes."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from services.contract.message import Message
from services.contract.partition import Partition
from services.runtime import VERSION

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
        "away_s",
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


@dataclass(frozen=True, slots=True)
class Replica:
    """A service of this process: its part of the cameras, and what keeps it from being ready."""

    partition: Partition
    problems: Callable[[], list[str]]


class ReplicaCollector(Collector):
    """Who serves which part of the cameras: `nightjar_replica_…{service="…", slot="…"}`."""

    def __init__(self, service: str, account: Account, replica: Replica) -> None:
        self._labels = (service, str(replica.partition.slot))
        self._account = account
        self._replica = replica

    def collect(self) -> Iterator[Metric]:
        count = self._replica.partition.count
        info = GaugeMetricFamily(
            "nightjar_replica_info", "1 for each", labels=["service", "slot", "count", "version"]
        )
        info.add_metric([*self._labels, str(count), VERSION], 1)
        yield info
        yield self._gauge("count", "how many replicas there should be, as it was told", count)
        yield self._gauge("cameras", "cameras that it is at work on", len(self._account()))
        yield self._gauge("ready", "1: ready; 0: something is missing", int(not self._replica.problems()))

    def _gauge(self, name: str, words: str, value: int) -> Metric:
        family = GaugeMetricFamily(f"nightjar_replica_{name}", words, labels=["service", "slot"])
        family.add_metric(self._labels, value)
        return family


def registry(accounts: Mapping[str, Account]) -> CollectorRegistry:
    """A registry with the accounts of these services."""
    found = CollectorRegistry()
    for service, account in accounts.items():
        found.register(AccountCollector(service, account))
    return found


def process_registry(accounts: Mapping[str, Account], replicas: Mapping[str, Replica]) -> CollectorRegistry:
    """The same, with who they are, and what this process takes (`process_…`: memory, CPU, open files)."""
    found = registry(accounts)
    for service, replica in replicas.items():
        found.register(ReplicaCollector(service, accounts[service], replica))
    ProcessCollector(registry=found)
    return found
