"""How many injections, with which seed; one world for all of them; and the report at the end."""

import math
import random
import time
from collections.abc import Iterator

import pytest

from tests import backends
from tests.faults.audit import Account
from tests.faults.report import table
from tests.faults.worlds import Worlds

_REPORT: dict[str, tuple[Account, float]] = {}
_SEED = pytest.StashKey[int]()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("faults")
    group.addoption("--injections", type=int, default=3, help="of each fault (default: 3)")
    group.addoption("--lenses", type=int, default=0, help="cameras (default: 3; 6 from 12 injections on)")
    group.addoption("--seed", type=int, help="of all dice (default: drawn, and printed)")


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_SEED] = config.getoption("--seed") or random.randrange(1, 1_000_000)


def pytest_report_header(config: pytest.Config) -> list[str]:
    injections = config.getoption("--injections")
    return [f"faults: {injections} injections of each, --seed {config.stash[_SEED]}", backends.describe()]


@pytest.fixture
def seed(request: pytest.FixtureRequest) -> int:
    found: int = request.config.stash[_SEED]
    return found


@pytest.fixture(scope="session")
def lenses(request: pytest.FixtureRequest) -> int:
    wanted: int = request.config.getoption("--lenses")
    injections: int = request.config.getoption("--injections")
    return wanted or (3 if injections < 12 else 6)


@pytest.fixture(scope="session")
def rounds(request: pytest.FixtureRequest, lenses: int) -> int:
    """Each round is one injection in each camera's event."""
    injections: int = request.config.getoption("--injections")
    return math.ceil(injections / lenses)


@pytest.fixture(scope="session")
def worlds(tmp_path_factory: pytest.TempPathFactory, lenses: int) -> Iterator[Worlds]:
    made = Worlds(tmp_path_factory.mktemp("faults"), lenses)
    yield made
    made.give_up()


@pytest.fixture
def report(request: pytest.FixtureRequest) -> Iterator[Account]:
    """What a test adds to it stands in the table at the end, under the name of its fault."""
    began_s, account = time.monotonic(), Account()
    yield account
    name = request.node.callspec.params["fault"].name
    _REPORT[name] = (account, time.monotonic() - began_s)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if not _REPORT:
        return
    terminalreporter.section("nothing lost")
    terminalreporter.write_line(table(_REPORT))
