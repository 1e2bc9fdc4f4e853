"""One Nightjar for many faults: cameras, broker, a store behind a faulty proxy, services as processes."""

import contextlib
import json
import secrets
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from services.contract.archive import Manifest
from services.contract.archive_keys import KeyLayout
from services.contract.archive_url import S3Place, parse_archive_url
from services.contract.events import EventType
from services.contract.frame import identify
from services.contract.topics import Topics
from services.secrets import bucket
from services.secrets.keyring import Key
from services.store import NotStored, Store, StoreError, open_store
from tests import backends
from tests.faults.audit import Account, audit, wanted
from tests.faults.disk import Disk
from tests.faults.lenses import NUMBER, LensBank, Picture
from tests.faults.processes import ServiceProcess
from tests.faults.witness import Number, Witness
from tests.real import MqttServer, S3Server
from tests.servers.faulty_proxy import FaultyProxy

#: Short, so that an event takes seconds.
MOTION = {"pre_roll": 2, "post_roll": 1, "max_length": 120, "masks": {"number": NUMBER}}
SERVICES = ("archiver", "motion", "capture")
READY_S = 40.0


@dataclass(frozen=True, slots=True)
class Kept:
    """What the store has of a camera since a moment."""

    pictures: dict[Number, int]
    copies: Counter[Number]
    manifests: list[Manifest]
    wrong: list[str]


class World:
    """Everything runs; whoever breaks something mends it again."""

    ended = False

    def __init__(
        self,
        folder: Path,
        *,
        mqtt: MqttServer,
        s3: S3Server,
        proxy: FaultyProxy,
        bank: LensBank,
        prefix: str,
        broken: Mapping[str, str],
        archive: Mapping[str, object] | None = None,
    ) -> None:
        self.folder = folder
        self.mqtt = mqtt
        self.s3 = s3
        self.proxy = proxy
        self.bank = bank
        self.topics = Topics(prefix)
        self.bucket = s3.make_bucket()
        self.spool = Disk(made(folder / "spool"))
        self.secret = secrets.token_hex(16)
        self._archive = archive or {}
        self.let_in()
        self._config = folder / "nightjar.yaml"
        self.write_config()
        self.set_clock(timedelta())
        self.services = {
            name: ServiceProcess(
                name,
                self._config,
                folder / name,
                environ={"FAULTS_CLOCK": str(folder / "clock")},
                broken=broken.get(name, ""),
            )
            for name in SERVICES
        }
        self.witness = Witness(mqtt, self.topics, bank.lenses)
        self.store: Store = open_store(s3.archive_url(self.bucket), s3.access_key, s3.secret_key)

    def let_in(self) -> None:
        """The archiver's key at the S3 server is this one from now on."""
        root = Key(self.s3.access_key, self.s3.secret_key)
        place = parse_archive_url(self.s3.archive_url(self.bucket))
        assert isinstance(place, S3Place)
        bucket.prepare(place, root, {"archiver": Key("archiver", self.secret)})

    def write_config(self) -> None:
        cameras = {name: {"url": self.bank.url(name), "motion": MOTION} for name in self.bank.lenses}
        config = {
            "mqtt": {
                "url": self.mqtt.url,
                "prefix": self.topics.prefix,
                "user": self.mqtt.user,
                "password": self.mqtt.password,
            },
            "archive": {
                "url": f"s3://{self.bucket}?endpoint={self.proxy.endpoint}",
                "access_key": "archiver",
                "secret_key": self.secret,
                "spool_dir": str(self.spool.folder),
                "spool_free_gb": 0,
                **self._archive,
            },
            "cameras": cameras,
        }
        self._config.write_text(json.dumps(config))

    # -- life ----------------------------------------------------------------------------------------------

    def start(self) -> None:
        for service in self.services.values():
            service.start()
        for service in self.services.values():
            service.wait_ready()
        self.wait_until_it_watches()

    def wait_until_it_watches(self) -> None:
        """Until motion has learnt every scene anew and has more than a pre-roll, and nothing is left open."""
        for service in self.services.values():
            service.wait_ready()
        before = dict(self.witness.analysed)
        eventually(
            "frames that are analysed",
            lambda: all(
                self.witness.analysed[name] > 25 and (self.witness.analysed[name] != before.get(name, 0))
                for name in self.bank.lenses
            ),
            self.describe,
        )

    def set_clock(self, wrong_by: timedelta) -> None:
        """Of the services that have `another-clock`."""
        (self.folder / "clock.new").write_text(str(wrong_by.total_seconds()))
        (self.folder / "clock.new").replace(self.folder / "clock")

    def delete_bucket(self) -> None:
        """Somebody deletes the bucket with all that is in it, as `mc rb --force` does."""
        with self.s3.client() as client:
            client._execute("DELETE", self.bucket, headers={"x-minio-force-delete": "true"})

    def describe(self) -> str:
        """What the services have said since `mark`."""
        return "\n".join(f"-- {name}\n{service.log()}" for name, service in self.services.items())

    def mark(self) -> None:
        for service in self.services.values():
            service.mark()

    def end(self) -> None:
        self.ended = True
        for lens in self.bank.lenses.values():
            lens.moving.clear()
        for service in reversed(self.services.values()):
            with contextlib.suppress(Exception):
                service.kill()
        self.store.close()
        self.spool.remove()

    # -- what came of it -----------------------------------------------------------------------------------

    def kept(self, camera: str, since: datetime, *, read: bool) -> Kept:
        """With `read` every object is read and known again; without, manifests alone."""
        day = f"{camera}/{since:%Y/%m/%d}/"
        after = f"{day}{since:%Y%m%dT%H%M%S}Z"
        keys = [each.key for each in self.store.list(f"{camera}/", start_after=after)]
        manifests, pictures, wrong = [], {}, []
        copies: Counter[Number] = Counter()
        for key in keys:
            if key.endswith("/event.json"):
                with contextlib.suppress(NotStored):
                    manifests.append(Manifest.model_validate_json(self.store.get(key)))
            elif read:
                frame = self.store.get(key)
                identity, picture = identify(frame), self.bank.lenses[camera].known(frame)
                if identity is None or picture is None:
                    wrong.append(f"{key} is no picture that {camera} made")
                    continue
                number = (identity.session_hex, identity.sequence)
                copies[number] += 1
                pictures[number] = picture.number
        if read:
            listed = {frame.key for manifest in manifests for frame in manifest.frames}
            closed = {self._folder_of(manifest) for manifest in manifests}  # others may still be open
            there = {key for key in keys if key.endswith(".jpg") and key.rpartition("/")[0] in closed}
            wrong += [f"{key} is listed and not there" for key in sorted(listed - there)]
            wrong += [f"{key} is there and in no manifest" for key in sorted(there - listed)]
        return Kept(pictures, copies, manifests, wrong)

    @staticmethod
    def _folder_of(manifest: Manifest) -> str:
        return KeyLayout().event_folder(manifest.camera, manifest.event).rstrip("/")

    def outstanding(self, camera: str, pictures: list[Picture], since: datetime, *, cut_off: bool) -> str:
        """What is still awaited of a round, empty where nothing is."""
        try:
            kept = self.kept(camera, since, read=False)
        except StoreError as error:
            return str(error)
        listed = {(f.session, f.sequence) for m in kept.manifests for f in m.frames}
        seen = self.witness.numbers[camera]
        need = {picture.number for picture in wanted(pictures)}
        missing = [
            number for number, picture in list(seen.items()) if picture in need and number not in listed
        ]
        if missing and not cut_off:
            return f"{camera}: {len(missing)} frames in no manifest, such as {missing[0]}"
        return self._unclosed(camera, kept.manifests, since)

    def unclosed(self, camera: str, since: datetime) -> str:
        """Which events have begun since then and are not closed; empty where all are."""
        try:
            return self._unclosed(camera, self.kept(camera, since, read=False).manifests, since)
        except StoreError as error:
            return str(error)

    def _unclosed(self, camera: str, manifests: list[Manifest], since: datetime) -> str:
        if not manifests:
            return f"{camera}: no manifest"
        closed = {manifest.event for manifest in manifests}
        after = f"{since:%Y%m%dT%H%M%S}Z"
        answered = self.witness.answered(camera)  # one that was may have gone with a bucket that was deleted
        still = [e for e, ends in answered.items() if e >= after and e not in closed and not ends]
        return f"{camera}: {still} not closed" if still else ""

    def judge(self, camera: str, pictures: list[Picture], since: datetime, *, cut_off: bool) -> Account:
        kept = self.kept(camera, since, read=True)
        account = audit(
            camera, pictures, self.witness.numbers[camera], kept.pictures, kept.copies, may_cut_off=cut_off
        )
        account.lost += kept.wrong
        account.story += self._story(camera, pictures, kept)
        if not cut_off:
            account.lost += [
                f"{camera}: the manifest of {m.event} names {gap.first} to {gap.last}: {gap.why}"
                for m in kept.manifests
                for gap in m.missing
            ]
        return account

    def _story(self, camera: str, pictures: list[Picture], kept: Kept) -> list[str]:
        need = wanted(pictures)
        moved = next((picture.number for picture in need if picture.moving), 0)
        story = [f"{camera}: pictures {need[0].number} to {need[-1].number} wanted, moving from {moved}"]
        for manifest in kept.manifests:
            listed = [(f.session, f.sequence) for f in manifest.frames]
            numbers = [kept.pictures[number] for number in listed if number in kept.pictures]
            ends = [end.event_type.value for end in self.witness.answered(camera).get(manifest.event, [])]
            missing = [(gap.first, gap.last, gap.why) for gap in manifest.missing]
            story.append(
                f"  {manifest.event}: pictures {min(numbers, default=0)} to {max(numbers, default=0)}, "
                f"{len(listed)} frames, {len(listed) - len(numbers)} of them not there, {missing}, {ends}"
            )
        return story

    def late(self, camera: str, since: datetime) -> list[bool]:
        """Of each event since then, whether it was said to be late."""
        return [
            bool(event.late)
            for event in list(self.witness.events[camera])
            if event.event_type is EventType.MOTION_START and event.time >= since
        ]


@contextmanager
def a_world(
    folder: Path,
    cameras: int,
    broken: Mapping[str, str] | None = None,
    *,
    queued: int = 1_000_000,
    **archive: object,
) -> Iterator[World]:
    """A world that runs and watches, until the block ends; `broken` names services and their promises.

    Its broker keeps so many messages `queued` for each client, and drops the rest; `archive` are more of its
    settings.
    """
    names = [f"cam{n + 1}" for n in range(cameras)]
    with ExitStack() as stack:
        mqtt = stack.enter_context(backends.running_mqtt(made(folder / "mqtt"), queued=queued))
        s3 = stack.enter_context(backends.running_s3(made(folder / "s3")))
        proxy = stack.enter_context(FaultyProxy(s3.port))
        bank = stack.enter_context(LensBank(names))
        world = World(
            folder,
            mqtt=mqtt,
            s3=s3,
            proxy=proxy,
            bank=bank,
            prefix=f"t{secrets.token_hex(4)}",
            broken=broken or {},
            archive=archive,
        )
        stack.callback(world.end)
        stack.enter_context(world.witness)
        world.start()
        yield world


def made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def eventually(
    what: str, condition: Callable[[], object], seen: Callable[[], str] = str, within_s: float = READY_S
) -> None:
    until_s = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > until_s:
            raise AssertionError(f"no {what} within {within_s} s; {seen()}")
        time.sleep(0.1)


def before(seconds: float) -> datetime:
    """A moment before which nothing of the present round began."""
    return datetime.now(UTC) - timedelta(seconds=seconds)
