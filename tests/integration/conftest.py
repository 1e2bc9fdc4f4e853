"""The real servers, started when the first test asks for them and gone when the run ends."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import backends
from tests.real import Archive, MqttServer, S3Server


def pytest_report_header() -> str:
    try:
        return backends.describe()
    except backends.BackendMissing as error:
        raise pytest.UsageError(str(error)) from None


@pytest.fixture(scope="session")
def mqtt_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MqttServer]:
    """A broker; whoever stops or kills it starts it again."""
    with backends.running_mqtt(tmp_path_factory.mktemp("mqtt")) as server:
        yield server


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """An S3 server; whoever stops or kills it starts it again. Skips the test where there is none."""
    with backends.running_s3(tmp_path_factory.mktemp("s3")) as server:
        yield server


@pytest.fixture
def archive(request: pytest.FixtureRequest, tmp_path: Path) -> Archive:
    """An empty bucket, or an empty folder where there is no S3 server."""
    if backends.kind_of("minio") == "none":
        return Archive((tmp_path / "archive").as_uri())
    server: S3Server = request.getfixturevalue("s3_server")
    return Archive(server.archive_url(server.make_bucket()), server.access_key, server.secret_key)
