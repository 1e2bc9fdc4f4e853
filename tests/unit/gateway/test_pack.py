import io
import zipfile
from datetime import UTC, datetime

from services.contract.settings import ArchiveSettings
from services.gateway.archive.bucket import Bucket
from services.gateway.archive.pack import Pack

NOW = datetime(2026, 11, 20, 12, 30, 8, tzinfo=UTC)
EVENT = "20261120T123008Z-00ab"


def test_a_pack_is_sent_piece_by_piece_and_opens_as_a_whole() -> None:
    pack = Pack("door-event")
    pieces = [pack.add(f"{n}.jpg", NOW, bytes([n]) * 1000) for n in range(3)]
    assert all(1000 < len(piece) < 1200 for piece in pieces)
    whole = b"".join([*pieces, pack.end("event.json", NOW, b"{}")])
    with zipfile.ZipFile(io.BytesIO(whole)) as opened:
        assert opened.testzip() is None
        assert opened.namelist() == [
            f"door-event/{name}" for name in ("0.jpg", "1.jpg", "2.jpg", "event.json")
        ]
        assert opened.read("door-event/1.jpg") == b"\x01" * 1000
        assert opened.getinfo("door-event/0.jpg").date_time == (2026, 11, 20, 12, 30, 8)


def test_an_event_is_named_as_it_is_found_in_the_bucket() -> None:
    url = "s3://nightjar/home?endpoint=http://s3:9000"
    place = Bucket.of(ArchiveSettings(url=url, console_url="http://localhost:9001/")).place("door", EVENT)
    assert place.text == f"s3://nightjar/home/door/2026/11/20/{EVENT}/"
    assert place.link == f"http://localhost:9001/browser/nightjar/home%2Fdoor%2F2026%2F11%2F20%2F{EVENT}%2F"


def test_a_folder_has_no_page_to_link_to() -> None:
    place = Bucket.of(ArchiveSettings(url="file:///srv/nightjar")).place("door", EVENT)
    assert (place.text, place.link) == (f"/srv/nightjar/door/2026/11/20/{EVENT}/", "")
