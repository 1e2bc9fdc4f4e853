import asyncio
from datetime import UTC, datetime

import cv2
import numpy as np
import pytest
from aiohttp import web

from services.contract.frame import FrameId, identify, orientation, size, stamp
from services.gateway.pictures import scaling
from services.gateway.pictures.channel import Channel
from services.gateway.pictures.picture import no_picture, received
from services.gateway.pictures.scaling import Scaling, scaled
from tests.unit.contract.jpegs import exif, jpeg
from tests.unit.gateway.frames import NOW

ID = FrameId("door", 0xAB, 42, NOW)


def frame(width: int = 640, height: int = 480, sideways: bool = False) -> bytes:
    """Black on the left, white on the right."""
    image = np.zeros((height, width, 3), np.uint8)
    image[:, width // 2 :] = 255
    made: bytes = cv2.imencode(".jpg", image)[1].tobytes()
    return stamp(made[:2] + exif() + made[2:] if sideways else made, ID)


def test_a_picture_gets_as_wide_as_asked_for_and_stays_the_same_frame() -> None:
    small = scaled(frame(), 200)
    assert (size(small), identify(small)) == ((200, 150), ID)
    pixels = cv2.imdecode(np.frombuffer(small, np.uint8), cv2.IMREAD_GRAYSCALE)
    assert pixels is not None
    assert (pixels[:, :90].max(), pixels[:, 110:].min()) < (20, 235)
    assert len(small) < len(frame())


def test_one_that_lies_on_its_side_gets_as_wide_as_it_is_looked_at() -> None:
    small = scaled(frame(sideways=True), 240)
    assert (size(small), orientation(small), identify(small)) == ((320, 240), 6, ID)


@pytest.mark.parametrize("width", [640, 1000])
def test_none_is_made_larger(width: int) -> None:
    assert scaled(frame(), width) == frame()


def test_what_cannot_be_decoded_stays_as_it_is() -> None:
    for broken in (jpeg(), b"\xff\xd8\xff\xd9", b""):
        assert scaled(broken, 100) == broken


def test_all_who_ask_for_a_width_share_one_encode(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []

    def noted(picture: bytes, width: int) -> bytes:
        made.append(width)
        return picture[: 10 * width]

    monkeypatch.setattr(scaling, "scaled", noted)

    async def three() -> None:
        maker, full = Scaling(lambda: 0.0), Channel(0.0)
        full.put(received(frame(), NOW), 0.0)
        with maker.watch(full, 200, 0.0) as first, maker.watch(full, 200, 0.0) as second:
            with maker.watch(full, 100, 0.0) as other:
                assert first is second
                _, small = await first.after(0)
                await other.after(0)
                assert (small.jpeg, small.sequence, small.time) == (frame()[:2000], 42, NOW)
                assert sorted(made) == [100, 200]
            full.put(no_picture(datetime.now(UTC)), 0.0)
            _, none = await first.after(1)
            assert (none.live, sorted(made)) == (False, [100, 200])
        maker.close()

    asyncio.run(three())


def test_no_more_widths_than_a_machine_can_bear(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scaling, "MAX_WIDTHS", 1)

    async def two() -> None:
        maker, full = Scaling(lambda: 0.0), Channel(0.0)
        with (
            maker.watch(full, 200, 0.0),
            pytest.raises(web.HTTPServiceUnavailable),
            maker.watch(full, 9, 0.0),
        ):
            pass
        with maker.watch(full, 300, 0.0):
            pass
        maker.close()

    asyncio.run(two())
