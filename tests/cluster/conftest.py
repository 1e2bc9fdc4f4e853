"""How many rounds, with which seed; one cluster for all of them; and the report at the end."""

import random
import time
from collections.abc import Iterator

import pytest

from tests import backends
from tests.cluster.world import ClusterWorld, a_cluster
from tests.faults.audit import Account
from tests.faults.report import Played, table

_REPORT: dict[str, Played] = {}
_SEED = pytest.StashKey[int]()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("clusters")
    group.addoption("--rounds", type=int, default=1, help="of each fault (default: 1)")
    group.addoption("--cameras", type=int, default=3, help="an injection each per round (default: 3)")
    group.addoption("--seed", type=int, help="of all dice (default: drawn, and printed)")


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_SEED] = config.getoption("--seed") or random.randrange(1, 1_000_000)


def pytest_report_header(config: pytest.Config) -> list[str]:
    return [f"clusters: {config.getoption('--rounds')} rounds of each fault, --seed {config.stash[_SEED]}"]


@pytest.fixture
def seed(request: pytest.FixtureRequest) -> int:
    found: int = request.config.stash[_SEED]
    return found


@pytest.fixture
def rounds(request: pytest.FixtureRequest) -> int:
    found: int = request.config.getoption("--rounds")
    return found


@pytest.fixture(scope="session")
def cluster(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ClusterWorld]:
    if not backends.engine():
        pytest.skip("there is no Docker engine to run the clusters in")
    folder = tmp_path_factory.mktemp("cluster")
    folder.chmod(0o755)
    with a_cluster(folder, request.config.getoption("--cameras")) as world:
        yield world


@pytest.fixture
def report(request: pytest.FixtureRequest) -> Iterator[Account]:
    """What a test adds to it stands in the table at the end, under the name of its fault."""
    began_s, account = time.monotonic(), Account()
    yield account
    _REPORT[request.node.callspec.params["fault"].name] = Played(account, time.monotonic() - began_s)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if not _REPORT:
        return
    terminalreporter.section("nothing lost on the clusters")
    terminalreporter.write_line(table(_REPORT))
