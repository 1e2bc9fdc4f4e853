"""Between the thread that reads and the one that encodes, the newest picture wins; the others count."""

from datetime import UTC, datetime

import numpy as np
import pytest

from services.capture.cameras.camera import CameraLost
from services.capture.cameras.encode import Image
from services.capture.cameras.newest import Newest

NOW = datetime(2026, 11, 20, tzinfo=UTC)


def picture(n: int) -> Image:
    return np.full((2, 2, 3), n, np.uint8)


def test_the_newest_wins_and_a_loss_is_told() -> None:
    newest = Newest[Image]()
    assert [newest.put(picture(n), NOW) for n in range(3)] == [False, True, True]
    taken = newest.take(0)
    assert taken is not None
    assert taken[0][0, 0, 0] == 2
    assert not newest.put(picture(4), NOW)


def test_each_picture_is_taken_once() -> None:
    newest = Newest[Image]()
    newest.put(picture(1), NOW)
    assert newest.take(0) is not None
    assert newest.take(0) is None


def test_the_last_picture_is_taken_before_the_loss_is_told() -> None:
    newest = Newest[Image]()
    newest.put(picture(1), NOW)
    newest.fail(CameraLost("gone"))
    assert newest.take(0) is not None
    with pytest.raises(CameraLost, match="gone"):
        newest.take(0)
