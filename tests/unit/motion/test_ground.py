"""Zones and masks: where things are, and how much there must be of them to count."""

import numpy as np
import pytest

from services.contract.settings import Polygon, ZoneSettings
from services.motion.blobs import Blob
from services.motion.detector import Decision, Detector, DetectorSettings
from services.motion.ground import Ground, raster
from tests.unit.motion.scenes import crossing, moving_times, scene, watch

SHAPE = (100, 200)
LEFT: Polygon = [(0, 0), (0.5, 0), (0.5, 1), (0, 1)]
RIGHT: Polygon = [(0.5, 0), (1, 0), (1, 1), (0.5, 1)]
LETTER_BOX: Polygon = [(0.1, 0.4), (0.15, 0.4), (0.15, 0.5), (0.1, 0.5)]
EVERYWHERE: Polygon = [(0, 0), (1, 0), (1, 1), (0, 1)]


def ground(zones: dict[str, ZoneSettings], **masks: Polygon) -> Ground:
    return Ground(zones, masks, sensitivity=50, shape=SHAPE)


def zone(points: Polygon, sensitivity: int | None = None, *, ignored: bool = False) -> ZoneSettings:
    return ZoneSettings(points=points, sensitivity=sensitivity, motion="ignored" if ignored else "alerts")


@pytest.mark.parametrize("polygon", [LEFT, RIGHT])
def test_half_of_the_picture_is_half_of_its_points(polygon: Polygon) -> None:
    assert abs(float(raster([polygon], SHAPE).mean()) - 0.5) < 0.02


def test_a_narrow_polygon_has_its_outline() -> None:
    assert raster([[(0.1, 0.1), (0.1, 0.9), (0.1, 0.9)]], SHAPE).any()


@pytest.mark.parametrize(
    ("blob", "names"),
    [
        (Blob(20, 50, 10, 20, 0.01), ("left",)),
        (Blob(150, 50, 10, 20, 0.01), ("right",)),
        (Blob(95, 50, 10, 20, 0.01), ("left", "right")),
        (Blob(98, 50, 40, 20, 0.04), ("right",)),
        (Blob(10, 10, 40, 80, 0.1), ("box", "left")),
    ],
    ids=["in one", "in the other", "across both", "only its edge in one", "large, before a small one"],
)
def test_a_thing_is_in_the_zones_that_hold_a_third_of_it_or_that_it_hides(
    blob: Blob, names: tuple[str, ...]
) -> None:
    zones = {"left": zone(LEFT), "right": zone(RIGHT), "box": zone(LETTER_BOX)}
    assert set(ground(zones).zones_of(blob)) == set(names)


def test_what_is_in_an_ignored_zone_alone_begins_no_event() -> None:
    one = ground({"street": zone(EVERYWHERE, ignored=True), "gate": zone(LEFT)})
    assert one.alerts(Blob(20, 50, 10, 20, 0.01))
    assert not one.alerts(Blob(150, 50, 10, 20, 0.01))


def test_in_a_more_sensitive_zone_less_counts() -> None:
    one = ground({"gate": zone(LEFT, 75)})
    plane = np.full(SHAPE, 3.0, np.float32)
    there = one.beyond(plane, 5.0)
    assert there[50, 50]
    assert not there[50, 150]
    assert one.size(Blob(20, 50, 10, 20, 0.001), 0.001) > 3
    assert one.size(Blob(150, 50, 10, 20, 0.001), 0.001) == 1


def test_in_a_less_sensitive_zone_more_is_needed() -> None:
    one = ground({"tree": zone(LEFT, 25)})
    assert not one.beyond(np.full(SHAPE, 9.0, np.float32), 5.0)[50, 50]
    assert one.size(Blob(20, 50, 10, 20, 0.001), 0.001) < 0.5


def test_where_zones_overlap_the_most_sensitive_counts() -> None:
    one = ground({"all": zone(EVERYWHERE, 25), "gate": zone(LEFT, 75)})
    there = one.beyond(np.full(SHAPE, 3.0, np.float32), 5.0)
    assert there[50, 50]
    assert not there[50, 150]


def test_what_is_masked_is_not_looked_at() -> None:
    one = ground({}, tree=LEFT)
    everything = np.full(SHAPE, 9.0, np.float32)
    assert not one.beyond(everything, 5.0)[50, 50]
    assert one.beyond(everything, 5.0)[50, 150]
    assert one.fraction(everything > 0) == pytest.approx(1.0)


def test_a_picture_that_is_masked_altogether_shows_nothing() -> None:
    one = ground({}, all=EVERYWHERE)
    assert one.fraction(one.beyond(np.full(SHAPE, 9.0, np.float32), 5.0)) == 0


# -- in the detector -----------------------------------------------------------------------------------------


def seen(
    zones: dict[str, ZoneSettings] | None = None, masks: dict[str, Polygon] | None = None
) -> list[tuple[float, Decision]]:
    """Somebody crosses from left to right between 10 and 15 s."""
    settings = DetectorSettings(zones=zones or {}, masks=masks or {})
    return watch(Detector(settings), scene(17, crossing(10)))


def test_somebody_who_crosses_is_in_one_zone_after_the_other() -> None:
    decisions = seen({"left": zone(LEFT), "right": zone(RIGHT)})
    times = {
        name: [time_s for time_s, decision in decisions if name in decision.zones]
        for name in ("left", "right")
    }
    assert 10 <= times["left"][0] < 11
    assert 12 < times["right"][0] < 13
    assert times["left"][-1] < 13.2
    assert 14 < times["right"][-1] < 15.5


def test_nothing_is_seen_behind_a_mask() -> None:
    assert not [1 for time_s in moving_times(seen(masks={"left": LEFT})) if time_s < 12.4]
    assert moving_times(seen(masks={"all": EVERYWHERE})) == []


def test_what_moves_in_an_ignored_zone_is_told_and_begins_nothing() -> None:
    decisions = seen({"street": zone(EVERYWHERE, ignored=True)})
    assert moving_times(decisions) == []
    assert any("street" in decision.zones for _, decision in decisions)
    assert max(decision.score for _, decision in decisions) == 0


def test_zones_can_be_changed_while_it_looks() -> None:
    detector = Detector()
    watch(detector, scene(10))
    detector.configure(DetectorSettings(masks={"all": EVERYWHERE}))
    assert moving_times(watch(detector, scene(5, crossing(10), from_s=10))) == []


def test_the_first_sign_of_something_comes_no_later_than_motion_and_none_in_a_quiet_scene() -> None:
    decisions = watch(Detector(), scene(17, crossing(12)))
    quiet = [decision.sign for time_s, decision in decisions if 9 < time_s < 12]
    assert sum(quiet) <= len(quiet) / 20
    moved = next(time_s for time_s, decision in decisions if decision.moving)
    signs = [time_s for time_s, decision in decisions if decision.sign and time_s >= 12]
    assert signs[0] < moved
