"""Whatever dies in the midst of an event, each of its frames is in the store, once.

Each round injects the fault into the events of all cameras; a failure names the seed that repeats its dice.
"""

import pytest

from tests.faults.faults import FAULTS, Fault
from tests.faults.lanes import Lanes
from tests.faults.report import Played

pytestmark = [pytest.mark.real, pytest.mark.timeout(3600)]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_nothing_is_lost_and_nothing_doubled_although(
    fault: Fault, lanes: Lanes, report: dict[str, Played]
) -> None:
    played = report[fault.name] = lanes.of(fault)
    if played.story:
        pytest.fail(played.story, pytrace=False)
