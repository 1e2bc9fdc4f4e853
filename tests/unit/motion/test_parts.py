import numpy as np

from services.motion.parts import beside, bounds, inner, whole


def mask(*places: tuple[int, int]) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    found = np.zeros((10, 16), np.bool_)
    for row, column in places:
        found[row, column] = True
    return found


def test_the_bounds_hold_all_that_is_set_and_no_more() -> None:
    assert bounds(mask((2, 3), (7, 12))) == np.s_[2:8, 3:13]
    assert bounds(mask((9, 15))) == np.s_[9:10, 15:16]
    assert bounds(mask()) is None


def test_a_parts_mask_is_where_it_was_in_the_whole_picture() -> None:
    found = mask((2, 3), (7, 12))
    part = bounds(found)
    assert part
    assert np.array_equal(whole(found.shape, part, found[part]), found)


def test_a_part_of_a_part_is_one_of_the_picture() -> None:
    numbers = np.arange(160).reshape(10, 16)
    part, where = np.s_[2:9, 3:13], np.s_[1:4, 5:7]
    assert np.array_equal(numbers[inner(part, where)], numbers[part][where])


def test_what_is_next_to_a_part_ends_with_the_picture() -> None:
    numbers = np.arange(160).reshape(10, 16)
    part = np.s_[1:5, 6:16]
    wider, inside = beside(part, numbers.shape, 3)
    assert wider == np.s_[0:8, 3:16]
    assert np.array_equal(numbers[wider][inside], numbers[part])
