"""How many processes, cores, bytes and dollars so many cameras need. Pure: costs and assumptions in."""

import math
from dataclasses import dataclass, field

MONTH_S, HOUR_S = 30 * 86_400, 3600


@dataclass(frozen=True, slots=True)
class Costs:
    """Processor time in ms, memory in MB, as measured."""

    capture_ms: float = 0.0  # per frame, its part of the preview included
    motion_ms: float = 0.0  # per frame, while nothing moves
    motion_event_ms: float = 0.0  # more, per frame of an event
    archiver_event_ms: float = 0.0
    broker_ms: float = 0.0  # mosquitto, per live frame
    broker_event_ms: float = 0.0
    rabbitmq_ms: float = 0.0  # of three nodes together, per frame of 60 KB
    store_event_ms: float = 0.0  # the S3 server, per frame
    viewer_ms: float = 0.0  # the gateway, per frame and viewer
    service_mb: float = 0.0  # a process without cameras
    capture_mb: float = 0.0  # per camera, its frames apart
    motion_mb: float = 0.0
    archiver_per_s: float = 0.0  # objects that one archiver stores in a second
    lists_per_event: float = 0.0
    archiver_event_bytes: float = 0.0  # that it remembers of each event in the archive


@dataclass(frozen=True, slots=True)
class Assumptions:
    """A house of cameras, and how full its machines may be."""

    fps: float = field(default=5.0, metadata={"why": "frames a second of each camera"})
    kilobytes: float = field(default=45.0, metadata={"why": "of a frame: 640x480 as measured"})
    event_share: float = field(default=0.05, metadata={"why": "of all frames are in events: 72 min a day"})
    event_s: float = field(default=30.0, metadata={"why": "of an event, for its manifest"})
    kept_days: float = field(default=30.0, metadata={"why": "until a life-cycle rule deletes it, free"})
    viewers: float = field(default=0.05, metadata={"why": "live viewers per camera, at its full rate"})
    ring_s: float = field(default=120.0, metadata={"why": "`capture.ring_seconds`, the default"})
    pre_roll_s: float = field(default=5.0, metadata={"why": "`motion.pre_roll` and 2 s more, the default"})
    outage_h: float = field(default=1.0, metadata={"why": "without a store, for which the spool has room"})
    full: float = field(default=0.5, metadata={"why": "of a core and of a network, on average"})
    process_cores: float = field(default=1.0, metadata={"why": "that one process can use: Python, mosquitto"})
    process_gb: float = field(default=4.0, metadata={"why": "memory of one replica, at most"})
    node_cores: float = field(default=2.0, metadata={"why": "of one machine, as fast as that of the figures"})
    node_gb: float = field(default=8.0, metadata={"why": "memory of one machine"})
    node_mb_s: float = field(default=125.0, metadata={"why": "network of one machine: 1 Gbit/s each way"})


@dataclass(frozen=True, slots=True)
class Prices:
    """US dollars."""

    node_hour: float = 0.0816
    put_per_thousand: float = 0.005
    disk_gb_month: float = 0.08
    #: Up to so many TB, the GB and month costs so much.
    stored_gb_month: tuple[tuple[float, float], ...] = ((50, 0.023), (500, 0.022), (math.inf, 0.021))

    def stored(self, terabytes: float) -> float:
        """A month's price of what is kept."""
        found, below = 0.0, 0.0
        for upto, price in self.stored_gb_month:
            found += max(0.0, min(terabytes, upto) - below) * 1000 * price
            below = upto
        return found


@dataclass(frozen=True, slots=True)
class Needs:
    """Of so many cameras. Rates are averages per second, `mb_s` in MB."""

    cameras: int
    frames_s: float
    stored_s: float
    cameras_mb_s: float  # from the cameras to capture, and from there to the broker
    broker_out_mb_s: float
    store_mb_s: float
    viewers_mb_s: float
    cores: dict[str, float]
    gb: dict[str, float]
    replicas: dict[str, int]
    rabbitmq_cores: float  # all nodes of a cluster, in place of the brokers
    store_cores: float  # of a store of one's own
    puts_month: float
    stored_tb: float
    spool_gb: float
    nodes: int
    nodes_usd: float
    puts_usd: float
    stored_usd: float
    disks_usd: float

    @property
    def usd(self) -> float:
        """A month."""
        return self.nodes_usd + self.puts_usd + self.stored_usd + self.disks_usd


def needs(cameras: int, costs: Costs, house: Assumptions, prices: Prices) -> Needs:
    frames_s = cameras * house.fps
    stored_s = frames_s * house.event_share
    mb = house.kilobytes / 1000
    viewers = cameras * house.viewers
    cores = {
        "capture": frames_s * costs.capture_ms / 1000,
        "motion": (frames_s * costs.motion_ms + stored_s * costs.motion_event_ms) / 1000,
        "archiver": stored_s * costs.archiver_event_ms / 1000,
        "gateway": viewers * house.fps * costs.viewer_ms / 1000,
        "broker": (frames_s * costs.broker_ms + stored_s * costs.broker_event_ms) / 1000,
    }
    viewers_mb_s = viewers * house.fps * mb
    broker_out_mb_s = (frames_s + stored_s) * mb + viewers_mb_s
    ring_mb = min(64.0, house.ring_s * house.fps * mb)
    per_camera_gb = {
        "capture": (costs.capture_mb + ring_mb) / 1000,
        "motion": (costs.motion_mb + house.pre_roll_s * house.fps * mb) / 1000,
        "archiver": kept_events(house) * costs.archiver_event_bytes / 1e9,
    }
    replicas, gb = {}, {}
    for service in ("capture", "motion", "archiver", "gateway"):
        camera_gb = per_camera_gb.get(service, 0.0) * cameras
        replicas[service] = max(
            1,
            math.ceil(cores[service] / (house.full * house.process_cores)),
            math.ceil(camera_gb / (house.process_gb - costs.service_mb / 1000)),
        )
        gb[service] = camera_gb + replicas[service] * costs.service_mb / 1000
    replicas["broker"] = max(
        1,
        math.ceil(cores["broker"] / (house.full * house.process_cores)),
        math.ceil(broker_out_mb_s / (house.full * house.node_mb_s)),
    )
    events_s = cameras * house.event_share / house.event_s
    # a frame each; for each event its manifest, and lists to see that all of it is there, and to show it
    puts_month = (stored_s + (1 + costs.lists_per_event) * events_s) * MONTH_S
    stored_tb = stored_s * mb * house.kept_days * 86_400 / 1e6
    spool_gb = stored_s * mb * house.outage_h * HOUR_S / 1000
    sent_mb_s = frames_s * mb + broker_out_mb_s + 2 * stored_s * mb + viewers_mb_s  # by all of them
    nodes = max(
        1,
        math.ceil(sum(cores.values()) / (house.node_cores * house.full)),
        math.ceil(sum(gb.values()) / (house.node_gb * 0.8)),
        math.ceil(sent_mb_s / (house.node_mb_s * house.full)),
    )
    return Needs(
        cameras,
        frames_s,
        stored_s,
        frames_s * mb,
        broker_out_mb_s,
        stored_s * mb,
        viewers_mb_s,
        cores,
        gb,
        replicas,
        (frames_s + stored_s) * costs.rabbitmq_ms / 1000,
        stored_s * costs.store_event_ms / 1000,
        puts_month,
        stored_tb,
        spool_gb,
        nodes,
        nodes * prices.node_hour * MONTH_S / HOUR_S,
        puts_month / 1000 * prices.put_per_thousand,
        prices.stored(stored_tb),
        spool_gb * prices.disk_gb_month,
    )


def kept_events(house: Assumptions) -> float:
    """Of one camera, in the archive."""
    return house.event_share / house.event_s * house.kept_days * 86_400


@dataclass(frozen=True, slots=True)
class Limit:
    """So many cameras fill one of a part; what fills first, and what is done then."""

    part: str
    cameras: int
    because: str
    then: str


def limits(costs: Costs, house: Assumptions) -> list[Limit]:
    """Of one process or machine each, as full as the assumptions allow; what fills first comes first."""
    per_core_ms = 1000 * house.full * house.process_cores
    mb_s = house.fps * house.kilobytes / 1000  # of a camera
    network = house.node_mb_s * house.full
    ring = costs.capture_mb + min(64.0, house.ring_s * mb_s)
    out = 1 + house.event_share + house.viewers
    memory = house.process_gb * 1000 - costs.service_mb
    event_fps = house.fps * house.event_share
    parts: list[tuple[str, dict[str, float], str]] = [
        (
            "one capture",
            {
                "processor": per_core_ms / (house.fps * costs.capture_ms),
                "memory for its ring": memory / ring,
                "network": network / mb_s,
            },
            "replicas: `NIGHTJAR_PARTITION`",
        ),
        (
            "one motion",
            {
                "processor": per_core_ms / (house.fps * costs.motion_ms + event_fps * costs.motion_event_ms),
                "memory": memory / (costs.motion_mb + house.pre_roll_s * mb_s),
                "network": network / mb_s,
            },
            "replicas; fewer frames a second",
        ),
        (
            "one archiver",
            {
                "processor": per_core_ms / (event_fps * costs.archiver_event_ms),
                "memory for the archive's events": memory
                / (kept_events(house) * costs.archiver_event_bytes / 1e6),
                "objects a second": costs.archiver_per_s * house.full / event_fps,
                "network": network / (mb_s * house.event_share),
            },
            "replicas; shorter events",
        ),
        (
            "one gateway",
            {
                "processor": per_core_ms / (house.viewers * house.fps * costs.viewer_ms),
                "network": network / (house.viewers * mb_s),
            },
            "replicas behind a balancer, `gateway.workers`",
        ),
        (
            "one mosquitto",
            {
                "processor": per_core_ms / (house.fps * costs.broker_ms + event_fps * costs.broker_event_ms),
                "network": network / (mb_s * out),
            },
            "a faster network; then one broker per site, or a cluster",
        ),
        (
            "three RabbitMQ nodes on two cores",
            {
                "processor": house.node_cores
                * house.full
                * 1000
                / ((house.fps + event_fps) * costs.rabbitmq_ms)
            },
            "more cores per node; then one cluster per site",
        ),
    ]
    found = []
    for part, reasons, then in parts:
        because = min(reasons, key=lambda reason: reasons[reason])
        found.append(Limit(part, int(reasons[because]), because, then))
    return sorted(found, key=lambda limit: limit.cameras)
