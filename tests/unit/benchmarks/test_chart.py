from math import nan
from xml.etree import ElementTree

import pytest

from benchmarks.chart import Curve, Panel, chart, steps


def test_steps_are_round_and_not_too_many() -> None:
    assert steps(0, 97, 5) == [0, 20, 40, 60, 80]
    assert steps(0.2, 1.1, 4) == pytest.approx([0.5, 1.0])


def test_the_pen_is_lifted_where_there_is_no_value() -> None:
    drawn = chart([Panel("memory", [Curve("a <b>", [(0, 1), (1, nan), (2, 3)])])])
    path = next(iter(ElementTree.fromstring(drawn).iter("{http://www.w3.org/2000/svg}path")))
    assert path.get("d", "").count("M") == 2


def test_a_panel_without_points_is_left_empty() -> None:
    assert "<path" not in chart([Panel("nothing", [Curve("a", [])])])
