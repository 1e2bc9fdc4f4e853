"""No PUBACK leaves the archiver before the frame's file and its folder are synced, by its system calls."""

import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from services.contract.frame import FrameId, stamp
from services.contract.topics import Topics
from tests import backends
from tests.faults.processes import ServiceProcess
from tests.faults.system_calls import TRACED, Call, acknowledges, calls, of_frames, too_early, unspooled
from tests.faults.world import eventually, made
from tests.real import MqttServer
from tests.runners import free_port
from tests.unit.contract.jpegs import jpeg

pytestmark = [pytest.mark.real, pytest.mark.timeout(120)]

EVENT = "20261120T120000Z-3f9c"
FRAMES = 6


class Traced:
    """An archiver under strace, that is given one frame of an event after the other."""

    def __init__(self, folder: Path, mqtt_server: MqttServer, broken: str, *, store_away: bool) -> None:
        self.archive = folder / "archive"
        self.spool = folder / "spool"
        self._store_away = store_away
        self._trace = folder / "trace"
        self._topics = Topics(f"t{secrets.token_hex(4)}")
        self._server = mqtt_server
        nobody = f"s3://bucket?endpoint=http://127.0.0.1:{free_port()}"
        url = nobody if store_away else made(self.archive).as_uri()
        config = folder / "nightjar.yaml"
        config.write_text(
            f"mqtt: {{url: '{mqtt_server.url}', prefix: {self._topics.prefix}, user: {mqtt_server.user}, "
            f"password: {mqtt_server.password}}}\n"
            f"archive: {{url: '{url}', access_key: k, secret_key: s, spool_dir: '{self.spool}'}}\n"
            "cameras: {door: {url: 'demo:'}}\n"
        )
        strace = [
            "strace",
            "-f",
            "--seccomp-bpf",
            "-yy",
            "-qq",
            "-s",
            "64",
            "-e",
            TRACED,
            "-o",
            str(self._trace),
        ]
        self.archiver = ServiceProcess("archiver", config, folder / "run", through=strace, broken=broken)

    def give(self) -> None:
        """Each frame when the one before it is in the archive, and acknowledged by all odds."""
        client = mqtt.Client(CallbackAPIVersion.VERSION2)
        client.username_pw_set(self._server.user, self._server.password)
        client.connect(self._server.host, self._server.port)
        client.loop_start()
        for sequence in range(1, FRAMES + 1):
            frame = stamp(jpeg(), FrameId("door", 7, sequence, datetime.now(UTC)))
            client.publish(self._topics.event_frames("door", EVENT), frame, 1).wait_for_publish(10)
            self._wait_for(sequence)
            time.sleep(0.3)
        client.disconnect()
        client.loop_stop()

    def _wait_for(self, count: int) -> None:
        """Until so many frames are in the archive; where it is away, in the spool, whose file then grows."""

        def there() -> bool:
            if self._store_away:
                return sum(path.stat().st_size for path in self.spool.rglob("*.open")) >= count * len(jpeg())
            return len(list(self.archive.rglob("*.jpg"))) == count

        eventually("frame", there, self.archiver.log)

    def calls(self) -> list[Call]:
        traced = of_frames(calls(self._trace))
        assert sum(map(acknowledges, traced)) >= FRAMES, "the trace shows no acknowledgements"
        return traced


@contextmanager
def traced(folder: Path, broken: str = "", *, store_away: bool = False) -> Iterator[Traced]:
    if shutil.which("strace") is None:
        pytest.skip("there is no strace to look at system calls with")
    with backends.running_mqtt(made(folder / "mqtt")) as server:
        under = Traced(folder, server, broken, store_away=store_away)
        under.archiver.start()
        try:
            under.archiver.wait_ready()
            under.give()
        finally:
            under.archiver.stop()
        yield under


def test_it_leaves_after_the_fsync_of_the_file_and_of_its_folder(tmp_path: Path) -> None:
    with traced(tmp_path) as under:
        assert too_early(under.calls(), under.archive, ".jpg") == []


def test_and_one_that_leaves_early_is_seen(tmp_path: Path) -> None:
    with traced(tmp_path, "early-acknowledgement") as under:
        assert any("left when" in wrong for wrong in too_early(under.calls(), under.archive, ".jpg"))


def test_while_the_store_is_away_it_leaves_after_the_fsync_of_the_spool(tmp_path: Path) -> None:
    with traced(tmp_path, store_away=True) as under:
        assert unspooled(under.calls(), under.spool) == []


def test_and_there_too_one_that_leaves_early_is_seen(tmp_path: Path) -> None:
    with traced(tmp_path, "early-acknowledgement", store_away=True) as under:
        assert "an acknowledgement left before its frame was synced" in unspooled(under.calls(), under.spool)
