import numpy as np

from services.motion.background import Change, Look
from services.motion.light import LONGEST_S, SETTLED_S, Light

NOWHERE = np.zeros((4, 4), np.float32)


def seen(brighter: float = 0.0, darker: float = 0.0) -> Change:
    return Change(Look(0.0, NOWHERE, NOWHERE, NOWHERE), NOWHERE, NOWHERE, NOWHERE, NOWHERE, brighter, darker)


def test_light_alone_is_reported_and_holds_nothing() -> None:
    light = Light()
    light.see(seen(brighter=0.6), 0.02, 1.0)
    assert (light.changed, light.held) == (0.6, False)


def test_light_that_alters_structure_holds() -> None:
    light = Light()
    light.see(seen(darker=0.6), 0.2, 1.0)
    assert light.held


def test_as_much_that_grows_brighter_as_darker_is_no_light() -> None:
    light = Light()
    light.see(seen(brighter=0.2, darker=0.2), 0.3, 1.0)
    assert (light.changed, light.held) == (0.0, False)


def test_half_of_the_picture_at_once_is_a_change_of_scene_whatever_its_light() -> None:
    light = Light()
    light.see(seen(), 0.55, 1.0)
    assert (light.changed, light.held) == (0.55, True)


def test_a_change_settles_once_and_not_before_its_time() -> None:
    light = Light()
    light.see(seen(), 0.55, 0.0)
    settled = [light.see(seen(), 0.0, n / 10) for n in range(1, 20)]
    assert settled.count(True) == 1
    assert settled.index(True) == round(SETTLED_S * 10) - 1
    assert (light.changed, light.held) == (0.0, False)


def test_a_scene_that_never_settles_is_held_no_longer_than_so_long() -> None:
    light = Light()
    held = []
    for n in range(70):
        light.see(seen(), 0.55, n / 10)
        held.append(light.held)
    assert held.index(False) <= (LONGEST_S + SETTLED_S) * 10 + 1
