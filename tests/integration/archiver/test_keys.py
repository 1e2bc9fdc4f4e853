"""Keys and tokens are rotated under a running archiver, which heals without a restart."""

import hashlib
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.archiver.archivers import ArchiverProcess, StoreSeen
from tests.integration.archiver.feeding import Feeder, eventually
from tests.real import MqttServer, S3Server
from tests.servers.posted import PostServer

pytestmark = pytest.mark.real


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    file = tmp_path / "key"
    file.write_text("an-old-one\n")
    return file


class TestS3:
    @pytest.fixture
    def archive(self, archive: dict[str, object]) -> dict[str, object]:
        return {name: value for name, value in archive.items() if name != "secret_key"}

    @pytest.fixture
    def environment(self, key_file: Path) -> dict[str, str]:
        return {"NIGHTJAR_ARCHIVE__SECRET_KEY_FILE": str(key_file)}

    def test_a_rotated_key_is_taken_from_its_file(
        self,
        archiver: ArchiverProcess,
        s3_server: S3Server,
        feeder: Feeder,
        seen: StoreSeen,
        key_file: Path,
    ) -> None:
        archiver.start()
        feeder.publish(*range(1, 11))
        feeder.hand_over()
        eventually("word that it is spooled", lambda: "spooled" in feeder.kinds)
        assert any("refused the key" in problem for problem in archiver.problems() or [])
        key_file.write_text(f"{s3_server.secret_key}\n")
        eventually("end of the event", lambda: "archived" in feeder.kinds)
        seen.check_whole(feeder)


class TestSomebodysOwnServer:
    @pytest.fixture
    def server(self) -> Iterator[PostServer]:
        with PostServer() as server:
            yield server

    def test_refuses_a_token_and_gets_everything_when_that_is_changed(
        self, tmp_path: Path, mqtt_server: MqttServer, feeder: Feeder, server: PostServer, key_file: Path
    ) -> None:
        environment = {"NIGHTJAR_ARCHIVE__TOKEN_FILE": str(key_file)}
        archiver = ArchiverProcess(tmp_path, mqtt_server, feeder, {"url": server.url}, environment)
        archiver.start()
        feeder.publish(*range(1, 21))
        feeder.hand_over()
        eventually("word that it is spooled", lambda: "spooled" in feeder.kinds)
        assert any("check archive.token" in problem for problem in archiver.problems() or [])
        assert server.asked < 20, "a server that refuses is left alone"
        key_file.write_text(server.token)
        eventually("end of the event", lambda: "archived" in feeder.kinds)
        images = {int(post.fields["sequence"]): post.data for post in server.posts if post.part == "image"}
        assert images == feeder.frames
        [manifest] = [post for post in server.posts if post.part == "manifest"]
        assert manifest.fields["event"] == feeder.event
        assert feeder.said[-1].sha256 == hashlib.sha256(manifest.data).hexdigest()
        archiver.stop()


class TestALink:
    @pytest.fixture
    def archive(self, archive: dict[str, object], s3_server: S3Server) -> dict[str, object]:
        return archive | {"public_endpoint": s3_server.endpoint, "public_hours": 1}

    def test_lets_anyone_read_the_manifest_for_a_while(
        self, archiver: ArchiverProcess, feeder: Feeder
    ) -> None:
        archiver.start()
        feeder.publish(1, 2)
        feeder.hand_over()
        eventually("end of the event", lambda: "archived" in feeder.kinds)
        said = feeder.said[-1]
        with urllib.request.urlopen(said.url or "", timeout=5) as answer:
            assert hashlib.sha256(answer.read()).hexdigest() == said.sha256
