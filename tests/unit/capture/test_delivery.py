"""What a camera delivered is said in words."""

from services.capture.cameras import Picture
from services.capture.delivery import Delivery
from tests.unit.capture.cameras.pictures import jpeg, turned
from tests.unit.capture.cameras.scripted import NOW


def said(delivery: Delivery) -> dict[str, str]:
    return {line[2:14].strip(): line[15:] for line in delivery.lines()}


def test_nothing_is_said_without_a_picture() -> None:
    assert Delivery(85, 0.0).lines() == []


def test_pictures_that_pass_through() -> None:
    delivery = Delivery(85, 10.0)
    data = jpeg(1) + bytes(2000 - len(jpeg(1)))
    for n in range(11):
        delivery.add(Picture(data, NOW), 10.4 + n / 5)
    assert said(delivery) == {
        "pictures": "11 in 2.0 s, the first after 0.4 s",
        "size": "64x48",
        "rate": "5.0 per second",
        "comes as": "JPEG; it passes through as it is, neither decoded nor encoded",
        "per picture": "2.0 KB (2.0 to 2.0)",
        "altogether": "0.08 Mbit/s",
    }


def test_pictures_that_are_encoded_here_or_turned_or_of_several_sizes() -> None:
    delivery = Delivery(70, 0.0)
    delivery.add(Picture(jpeg(1), NOW, "H.264"), 0.0)
    delivery.add(Picture(turned(jpeg(1, 80, 60), 6), NOW, "H.264"), 1.0)
    delivery.skipped = 3
    words = said(delivery)
    assert words["size"] == "64x48, 80x60"
    assert words["comes as"] == "H.264; it is encoded here, as JPEG of quality 70"
    assert words["orientation"] == "6 in its EXIF: stored turned or mirrored, and shown upright"
    assert words["skipped"] == "3: broken, or more than can be encoded here"


def test_one_picture_has_no_rate() -> None:
    delivery = Delivery(85, 0.0)
    delivery.add(Picture(jpeg(1), NOW), 1.0)
    assert said(delivery)["rate"] == "not known: one picture came"
