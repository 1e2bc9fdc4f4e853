"""How many injections, with which seed; worlds for all of them; and the report at the end."""

import math
import random
from collections.abc import Iterator

import pytest

from tests import backends
from tests.faults.faults import Fault
from tests.faults.lanes import Lanes
from tests.faults.report import Played, table

_REPORT: dict[str, Played] = {}
_SEED = pytest.StashKey[int]()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("faults")
    group.addoption("--injections", type=int, default=3, help="of each fault (default: 3)")
    group.addoption("--lenses", type=int, default=0, help="cameras (default: 3; 6 from 12 injections on)")
    group.addoption("--lanes", type=int, default=2, help="worlds side by side (default: 2)")
    group.addoption("--minutes", type=float, default=0, help="of each long outage (default: 0, none)")
    group.addoption("--seed", type=int, help="of all dice (default: drawn, and printed)")


def pytest_configure(config: pytest.Config) -> None:
    config.stash[_SEED] = config.getoption("--seed") or random.randrange(1, 1_000_000)


def pytest_report_header(config: pytest.Config) -> list[str]:
    injections = config.getoption("--injections")
    return [f"faults: {injections} injections of each, --seed {config.stash[_SEED]}", backends.describe()]


@pytest.fixture(scope="session")
def seed(request: pytest.FixtureRequest) -> int:
    found: int = request.config.stash[_SEED]
    return found


@pytest.fixture(scope="session")
def lenses(request: pytest.FixtureRequest) -> int:
    wanted: int = request.config.getoption("--lenses")
    injections: int = request.config.getoption("--injections")
    return wanted or (3 if injections < 12 else 6)


@pytest.fixture
def minutes(request: pytest.FixtureRequest) -> float:
    """Of each long outage."""
    found: float = request.config.getoption("--minutes")
    return found


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Long outages are for whoever asks for them; the lanes are waited for when all else is done."""
    items.sort(key=lambda item: item.path.stem == "test_faults")
    if not config.getoption("--minutes"):
        items[:] = [item for item in items if item.path.stem != "test_minutes"]


@pytest.fixture(scope="session")
def rounds(request: pytest.FixtureRequest, lenses: int) -> int:
    """Each round is one injection in each camera's event."""
    injections: int = request.config.getoption("--injections")
    return math.ceil(injections / lenses)


@pytest.fixture(scope="session", autouse=True)
def lanes(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    lenses: int,
    rounds: int,
    seed: int,
) -> Iterator[Lanes]:
    """Begins with the first test, whichever that is: those that need no lane run beside them."""
    made = Lanes(
        tmp_path_factory.mktemp("faults"),
        _chosen(request.session.items),
        lanes=request.config.getoption("--lanes"),
        lenses=lenses,
        rounds=rounds,
        seed=seed,
    )
    yield made
    made.end()


@pytest.fixture
def report() -> dict[str, Played]:
    """What a test puts in stands in the table at the end."""
    return _REPORT


def _chosen(items: list[pytest.Item]) -> list[Fault]:
    found = [item.callspec.params.get("fault") for item in items if hasattr(item, "callspec")]
    return [fault for fault in found if isinstance(fault, Fault)]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if not _REPORT:
        return
    terminalreporter.section("nothing lost")
    terminalreporter.write_line(table(_REPORT))
