"""Everything that can be written into `nightjar.yaml`, with defaults that work at home.

Only the cameras have no default. A key that is not here is an error: see `services.runtime.config` for how
the file, the environment and the defaults for all cameras come together.
"""

import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PrivateAttr,
    SecretStr,
    StringConstraints,
    field_validator,
    model_validator,
)

from services.contract.archive_keys import DEFAULT_TEMPLATE, check_key_template
from services.contract.archive_url import check_archive_url
from services.contract.experiments import LONGEST_S, SHORTEST_S, Experiment
from services.contract.message import CameraName
from services.contract.partition import Partition
from services.contract.urls import check_camera_url, check_command, mask_url


def _address(address: str) -> str:
    if re.fullmatch(r"(\[[0-9a-fA-F:]+\]|[^:\s]*):\d{1,5}", address) and split_address(address)[1] < 2**16:
        return address
    raise ValueError(f"must be an address and a port, such as 0.0.0.0:8080 or :8080, not '{address}'")


def _broker_url(url: str) -> str:
    if not url or all(_is_url(each, "mqtt", "mqtts") for each in broker_urls(url)):
        return url
    raise ValueError(
        f"must be mqtt://host:port or mqtts://host:port, not '{mask_url(url)}'; user and password are "
        "mqtt.user and mqtt.password"
    )


def broker_urls(url: str) -> list[str]:
    """Each broker of `mqtt://a,b:1884,c` as a URL of its own, in the order in which they are tried."""
    scheme, mark, hosts = url.partition("://")
    return [f"{scheme}{mark}{host.strip()}" for host in hosts.split(",")]


def _partition(text: str) -> str:
    return str(Partition.parse(text))


def _web_url(url: str) -> str:
    if not url or _is_url(url, "http", "https"):
        return url
    raise ValueError(f"must be like https://cameras.example.org, not '{mask_url(url)}'")


def _is_url(url: str, *schemes: str) -> bool:
    """Whether it names a scheme, a host, perhaps a port, and nothing else."""
    try:
        parts = urlsplit(url)
        known = parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is no number
        return False
    return known and "@" not in parts.netloc and parts.path in ("", "/") and not parts.query + parts.fragment


def _network(network: str) -> str:
    try:
        ipaddress.ip_network(network)
    except ValueError:
        raise ValueError(f"must be an address or a network, such as 172.18.0.0/16, not '{network}'") from None
    return network


def _origin(origin: str) -> str:
    if _is_url(origin, "http", "https") and not origin.endswith("/"):
        return origin
    raise ValueError(f"must be one site, such as https://home.example.org, not '{mask_url(origin)}'")


Seconds = Annotated[float, Field(ge=0)]
Fraction = Annotated[float, Field(ge=0, le=1)]
Corner = tuple[Fraction, Fraction]
Polygon = Annotated[list[Corner], Field(min_length=3, max_length=100)]
ZoneName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")]
Address = Annotated[str, AfterValidator(_address)]
BrokerUrl = Annotated[str, AfterValidator(_broker_url)]
WebUrl = Annotated[str, AfterValidator(_web_url)]
Network = Annotated[str, AfterValidator(_network)]
Origin = Annotated[str, AfterValidator(_origin)]
USER_NAME = r"[^\s:\x00-\x1f][^:\x00-\x1f]{0,62}"
_ARGON2 = r"\$argon2(id|i|d)\$v=\d+\$m=\d+,t=\d+,p=\d+\$[A-Za-z0-9+/]+\$[A-Za-z0-9+/]+"
UserName = Annotated[str, StringConstraints(pattern=f"^{USER_NAME}$")]
TopicPrefix = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]+$")]


def split_address(address: str) -> tuple[str, int]:
    """`host:port` as a pair; an empty host means every interface."""
    host, _, port = address.rpartition(":")
    return host.strip("[]") or "0.0.0.0", int(port)


class Section(BaseModel):
    """A part of the configuration file: a key that it does not know is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class CaptureSettings(Section):
    """How one camera's pictures become frames."""

    fps: float = Field(0, ge=0, le=120, description="at most so many frames a second; 0: as the camera gives")
    quality: int = Field(85, ge=1, le=100, description="JPEG quality where a picture has to be encoded")
    rtsp_transport: Literal["tcp", "udp"] = Field("tcp", description="how RTSP video travels")
    verify_tls: bool = Field(True, description="https: check the camera's certificate")
    ca_file: Path | None = Field(
        None, description="https: certificates that sign the camera's; empty: the system's"
    )
    certificate_sha256: str = Field(
        "",
        pattern=r"^$|^([0-9A-Fa-f]{2}:?){32}$",
        description="https: fingerprint of the one certificate that is right; empty: none",
    )
    token: SecretStr = Field(
        SecretStr(""), description="http and https: bearer token, sent instead of a login"
    )
    connect_timeout: float = Field(10, gt=0, description="seconds until a connect counts as failed")
    stall_timeout: float = Field(10, gt=0, description="seconds without a picture until the camera is lost")
    frozen_timeout: Seconds = Field(
        10, description="seconds of the very same bytes until the camera is lost; 0: never"
    )
    reset: str = Field("", description="command that is run when a camera stays away; empty: none")
    reset_after: int = Field(5, ge=1, description="failed attempts in a row until then")
    on_demand: bool = Field(False, description="the camera runs only while motion or a viewer wants it")
    width: int = Field(
        0,
        ge=0,
        le=8192,
        description="pixels of the finished picture; 0: follows from the height, or as it is",
    )
    height: int = Field(
        0, ge=0, le=8192, description="pixels of the finished picture; 0: follows from the width, or as it is"
    )
    rotate: Literal[0, 90, 180, 270] = Field(0, description="degrees clockwise")
    crop: tuple[Fraction, Fraction, Fraction, Fraction] = Field(
        (0, 0, 1, 1), description="part that is kept: left, top, right, bottom"
    )
    masks: dict[str, Polygon] = Field(
        {}, description="what is blackened: a name and corners [x, y] of the camera's own picture each"
    )
    timestamp: bool = Field(False, description="write the date and the time into the picture")
    preview: bool = Field(True, description="publish a small retained picture once a second")
    outbox_mb: float = Field(64, gt=0, description="MB of frames that may wait while the broker is away")
    ring_mb: float = Field(64, gt=0, description="MB of published frames kept, to be given again by number")
    ring_seconds: Seconds = Field(120, description="and for how long")
    interval: float = Field(
        0, ge=0, le=LONGEST_S, description="seconds from one kept picture to the next; 0: none is kept"
    )
    experiments: list[Experiment] = Field(
        [], description="pictures on a schedule that can be started by name"
    )
    experiment: str = Field("", description="the name of the one that runs; empty: none")
    experiment_mb: float = Field(
        128, gt=0, description="MB of such pictures kept in memory until they are archived"
    )

    @field_validator("reset")
    @classmethod
    def _runs(cls, command: str) -> str:
        if command and (wrong := check_command(command)):
            raise ValueError(wrong)
        return command

    @field_validator("crop")
    @classmethod
    def _leaves_something(cls, crop: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
        left, top, right, bottom = crop
        if left >= right or top >= bottom:
            raise ValueError("must be left, top, right and bottom, as in [0.1, 0, 0.9, 1]: nothing is left")
        return crop

    @field_validator("interval")
    @classmethod
    def _can_be_kept(cls, interval_s: float) -> float:
        if 0 < interval_s < SHORTEST_S:
            raise ValueError(f"must be 0 or at least {SHORTEST_S:g} seconds")
        return interval_s

    @model_validator(mode="after")
    def _knows_its_experiments(self) -> Self:
        names = [each.name for each in self.experiments]
        if twice := {name for name in names if names.count(name) > 1}:
            raise ValueError(f"has several experiments named {min(twice)}")
        if self.experiment and self.experiment not in names:
            raise ValueError(
                f"has no experiment named {self.experiment}; it has {', '.join(names) or 'none'}"
            )
        return self


class ZoneSettings(Section):
    """A part of a camera's picture that has a name."""

    points: Polygon = Field(description="its corners [x, y], each from 0 to 1, from the upper left")
    sensitivity: int | None = Field(None, ge=1, le=100, description="its own; empty: the camera's")
    motion: Literal["alerts", "ignored"] = Field(
        "alerts", description="ignored: what moves only here begins no event"
    )


Zones = Annotated[dict[ZoneName, ZoneSettings], Field(max_length=16)]
Masks = Annotated[dict[ZoneName, Polygon], Field(max_length=16)]


class MotionSettings(Section):
    """What counts as motion at one camera, and how long its events are."""

    sensitivity: int = Field(50, ge=1, le=100, description="one knob for people: higher sees more")
    threshold: float | None = Field(
        None, gt=0, description="how far above its own noise a place must be; empty: from sensitivity"
    )
    min_area: float | None = Field(
        None, gt=0, le=1, description="least fraction of the picture that moves; empty: from sensitivity"
    )
    min_duration: float = Field(0.2, ge=0, le=10, description="seconds that it must move before it counts")
    cool_down: Seconds = Field(0, description="seconds after an event in which no other begins")
    pre_roll: Seconds = Field(3, le=60, description="seconds before the motion that belong to its event")
    post_roll: Seconds = Field(5, le=120, description="seconds without motion until its event ends")
    max_length: float = Field(300, ge=10, le=3600, description="seconds; then a new event follows on")
    analysis_fps: float = Field(
        0, ge=0, le=120, description="at most so many frames a second are analysed; 0: as many as help"
    )
    working_height: int = Field(144, ge=48, le=480, description="lines of the picture that is analysed")
    learning_rate: float = Field(
        0.125, ge=0.001, le=1, description="part of what stays that becomes background each second"
    )
    zones: Zones = Field(
        {}, description="parts with names: corners as `points`, perhaps `sensitivity`, `motion: ignored`"
    )
    masks: Masks = Field({}, description="what is not looked at: a name and corners [x, y] each")
    ring_mb: float = Field(64, gt=0, description="MB of recent frames kept in memory for the pre-roll")
    keep_mb: float = Field(256, gt=0, description="MB of events' frames kept until they are archived")


class CameraSettings(Section):
    """One camera."""

    url: str = Field(description="where its pictures come from, see the reference of camera URLs")
    label: str = Field("", description="what people read; empty: the camera's name")
    enabled: bool = Field(True, description="off: no picture leaves capture")
    motion_detection: bool = Field(True, description="off: no event begins by itself")
    archiving: bool = Field(True, description="off: events are not stored")
    capture: CaptureSettings = CaptureSettings()
    motion: MotionSettings = MotionSettings()

    @field_validator("url")
    @classmethod
    def _known(cls, url: str) -> str:
        if wrong := check_camera_url(url):
            raise ValueError(wrong)
        return url


class DefaultSettings(Section):
    """What holds for every camera that does not say otherwise."""

    capture: CaptureSettings = CaptureSettings()
    motion: MotionSettings = MotionSettings()


class MqttSettings(Section):
    """The broker, and who we are there."""

    url: BrokerUrl = Field(
        "",
        description="`mqtt://host[:port]` or `mqtts://…`, several of a cluster as `mqtt://a,b,c`; empty: the "
        "embedded broker (all in one only)",
    )
    user: str = Field("", description="our user name there; empty: none")
    password: SecretStr = Field(SecretStr(""), description="its password")
    prefix: TopicPrefix = Field("nightjar", description="root of all topics")
    ca_file: Path | None = Field(None, description="certificates that sign the broker's; empty: the system's")
    cert_file: Path | None = Field(None, description="our own certificate, where the broker asks for one")
    key_file: Path | None = Field(None, description="its key")
    listen: Address = Field("0.0.0.0:1883", description="where the embedded broker listens")
    max_packet_mb: float = Field(
        8, gt=0, le=256, description="largest message that the embedded broker takes"
    )

    repeat_state: Seconds = Field(
        0,
        description="seconds until retained state is said again, for a broker that may not keep it; 0: never",
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if (self.ca_file or self.cert_file or self.key_file) and not self.url.startswith("mqtts://"):
            raise ValueError("has certificates, but its url is not mqtts://, so they would not be used")
        if self.key_file and not self.cert_file:
            raise ValueError("has a key_file without the cert_file that it is the key of")
        return self


class ArchiveSettings(Section):
    """Where events are kept."""

    url: str = Field(
        "file:data/archive",
        description="`s3://bucket[/prefix]?endpoint=…&region=…`, `file:///folder` or `https://host/path`",
    )
    access_key: SecretStr = Field(SecretStr(""), description="the key's name, for S3")
    secret_key: SecretStr = Field(SecretStr(""), description="the key itself, for S3")
    token: SecretStr = Field(SecretStr(""), description="bearer token, for `https://`")
    ca_file: Path | None = Field(
        None, description="certificates that sign the server's, for `https://`; empty: the system's"
    )
    public_endpoint: WebUrl = Field(
        "",
        description="how people reach S3, for links in messages by which anyone may read",
    )
    public_hours: float = Field(168, gt=0, le=168, description="hours for which such a link holds")
    key: str = Field(
        DEFAULT_TEMPLATE, description="template of a frame's key, see the reference of the archive"
    )
    threads: int = Field(6, ge=1, le=64, description="uploads at a time")
    keep_days: float = Field(30, ge=0, description="days after which an event is deleted; 0: never")
    max_gb: float = Field(
        0, ge=0, description="GB of events, above which the oldest are deleted; 0: no such bound"
    )
    max_disk_percent: float = Field(
        80, gt=0, le=100, description="of a folder's disk, above which the oldest events are deleted"
    )
    console_url: WebUrl = Field("", description="the store's own web page, for links to it; empty: none")
    spool_dir: Path | None = Field(
        None, description="where frames are kept while the archive is away; empty: `spool` in `state_dir`"
    )
    spool_gb: float = Field(8, ge=0, description="GB of frames kept there at most")
    spool_free_gb: float = Field(1, ge=0, description="GB that they leave free on that disk")
    newest_first: bool = Field(
        False, description="when the archive is back, bring it the newest event first, not the oldest"
    )

    @field_validator("url")
    @classmethod
    def _known(cls, url: str) -> str:
        if wrong := check_archive_url(url):
            raise ValueError(wrong)
        return url

    @field_validator("key")
    @classmethod
    def _keeps_frames_apart(cls, key: str) -> str:
        if wrong := check_key_template(key):
            raise ValueError(wrong)
        return key


class UserSettings(Section):
    """Somebody else who may log in."""

    password_hash: SecretStr = Field(description="what `nightjar user add` printed")
    role: Literal["viewer", "admin"] = Field("viewer", description="a viewer looks, an admin changes, too")

    @field_validator("password_hash")
    @classmethod
    def _is_argon2(cls, password_hash: SecretStr) -> SecretStr:
        if not re.fullmatch(_ARGON2, password_hash.get_secret_value()):
            raise ValueError(
                "is no Argon2 hash, which begins with $argon2id$: "
                "write it in single quotes, and $$ for each $ in a compose file"
            )
        return password_hash


class GatewaySettings(Section):
    """The dashboard."""

    listen: Address = Field("0.0.0.0:8080", description="where the dashboard is")
    public_url: WebUrl = Field("", description="how people reach it, for links in messages; empty: not known")
    user: str = Field("admin", min_length=1, description="who may log in")
    password_hash: SecretStr = Field(SecretStr(""), description="Argon2 hash of the login's password")
    session_key: SecretStr = Field(
        SecretStr(""), description="signs the login's cookie; empty: new each start"
    )
    session_hours: float = Field(168, gt=0, description="hours until a login ends")
    users: dict[UserName, UserSettings] = Field({}, description="who else may log in, each by name")
    https: bool = Field(False, description="HTTPS; without cert_file the first start makes a certificate")
    cert_file: Path | None = Field(None, description="https: the certificate, with those that sign it, PEM")
    key_file: Path | None = Field(None, description="https: its key; empty: it is in cert_file")
    trusted_proxies: list[Network] = Field(
        [], description="addresses or networks whose X-Forwarded-… headers are believed"
    )
    cors_origins: list[Origin] = Field(
        [], description="other sites whose pages may read pictures and the API, with a token"
    )
    max_viewers: int = Field(2000, ge=1, description="live viewers of a process at a time")
    workers: int = Field(
        1, ge=1, le=64, description="processes that serve the dashboard on its port; each costs some 80 MB"
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.user in self.users:
            raise ValueError(f"has the user {self.user} twice: as `user`, and among `users`")
        if self.cert_file and not self.https:
            raise ValueError("has a cert_file, but https is off, so it would not be used")
        if self.key_file and not self.cert_file:
            raise ValueError("has a key_file without the cert_file that it is the key of")
        return self


class HomeAssistantSettings(Section):
    """How Home Assistant finds the cameras."""

    discovery: Literal["device", "entities", "none"] = Field(
        "device",
        description="device: a message each; entities: the older form, before 2024.11; none: they are not",
    )


class HealthSettings(Section):
    """The internal port of `/livez`, `/healthz` and `/metrics`."""

    listen: Address = Field("127.0.0.1:8090", description="never publish this port")


class LogSettings(Section):
    """What is written to standard error."""

    level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="the least that is worth a line"
    )
    format: Literal["auto", "human", "json"] = Field(
        "auto", description="auto: human on a terminal, else JSON"
    )


@dataclass(frozen=True, slots=True)
class Read:
    """How settings were read, which is no part of what they are."""

    anew: "Callable[[], Settings] | None" = field(default=None, compare=False)


class Settings(Section):
    """The whole of `nightjar.yaml`."""

    mqtt: MqttSettings = MqttSettings()
    archive: ArchiveSettings = ArchiveSettings()
    gateway: GatewaySettings = GatewaySettings()
    homeassistant: HomeAssistantSettings = HomeAssistantSettings()
    health: HealthSettings = HealthSettings()
    log: LogSettings = LogSettings()
    state_dir: Path = Field(Path("data/state"), description="small files that must survive a restart")
    partition: Annotated[str, AfterValidator(_partition)] = Field(
        "1/1", description="which part of the cameras is this replica's: its number and how many there are"
    )
    defaults: DefaultSettings = DefaultSettings()
    cameras: dict[CameraName, CameraSettings] = Field(
        description="each camera by its name", json_schema_extra={"additionalProperties": False}
    )

    _read: Read = PrivateAttr(Read())

    def again(self) -> "Settings":
        """As everything stands where it was read from, by now. Raises whatever reading it raises."""
        return self._read.anew() if self._read.anew else self

    def was_read(self, anew: "Callable[[], Settings]") -> Self:
        """Itself, which knows now how it was read."""
        self._read = Read(anew)
        return self

    @property
    def replica(self) -> Partition:
        return Partition.parse(self.partition)

    def own_cameras(self) -> dict[str, CameraSettings]:
        """Those of this replica, in capture, motion and archiver; the gateway shows all."""
        return {name: camera for name, camera in self.cameras.items() if self.replica.has(name)}

    def label(self, camera: str) -> str:
        settings = self.cameras.get(camera)
        return (settings.label if settings else "") or camera


def camera_defaults(defaults: dict[str, Any], camera: dict[str, Any]) -> dict[str, Any]:
    """A camera as written, over the defaults as written: what it says itself wins, key by key."""
    merged = dict(camera)
    for part in ("capture", "motion"):
        ours, own = defaults.get(part), camera.get(part, {})
        if isinstance(ours, dict) and isinstance(own, dict):
            merged[part] = {**ours, **own}
    return merged
