from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.archiver.archivers import ArchiverProcess, StoreSeen
from tests.integration.archiver.feeding import Feeder
from tests.real import MqttServer, S3Server
from tests.servers.faulty_proxy import FaultyProxy


@pytest.fixture
def feeder(mqtt_server: MqttServer) -> Iterator[Feeder]:
    with Feeder(mqtt_server) as feeder:
        yield feeder


@pytest.fixture
def proxy(s3_server: S3Server) -> Iterator[FaultyProxy]:
    with FaultyProxy(s3_server.port) as proxy:
        yield proxy


@pytest.fixture
def bucket(s3_server: S3Server) -> str:
    return s3_server.make_bucket()


@pytest.fixture
def seen(s3_server: S3Server, bucket: str) -> Iterator[StoreSeen]:
    seen = StoreSeen(s3_server, bucket)
    yield seen
    seen.store.close()


@pytest.fixture
def archive(s3_server: S3Server, bucket: str, proxy: FaultyProxy) -> dict[str, object]:
    """The section of the configuration; a test may change it before the archiver starts."""
    return {
        "url": f"s3://{bucket}?endpoint={proxy.endpoint}",
        "access_key": s3_server.access_key,
        "secret_key": s3_server.secret_key,
    }


@pytest.fixture
def environment() -> dict[str, str]:
    """Variables of the archiver's, beside the tests' own."""
    return {}


@pytest.fixture
def archiver(
    tmp_path: Path,
    mqtt_server: MqttServer,
    feeder: Feeder,
    archive: dict[str, object],
    environment: dict[str, str],
) -> Iterator[ArchiverProcess]:
    """Not started yet."""
    process = ArchiverProcess(tmp_path, mqtt_server, feeder, archive, environment)
    yield process
    process.stop()
