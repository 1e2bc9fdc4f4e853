import hashlib
from urllib.parse import parse_qsl, urlsplit

from services.archiver.addresses import Addresses
from services.archiver.answers import MOST_MISSING, archived, not_archived, rejected
from services.contract.archive import Manifest
from services.contract.archive_url import S3Place, parse_archive_url
from services.contract.events import EventType, Missing
from services.contract.experiments import Slice
from services.store import Key, KeyRing
from services.store.presign import Presigner
from tests.unit.archiver.events import EVENT, SESSION_HEX, START, handover, stored


def manifest(*missing: Missing) -> Manifest:
    return Manifest(
        camera="yard",
        event=EVENT,
        reason="motion",
        started=START,
        ended=START,
        frames=[stored(1), stored(2)],
        missing=list(missing),
    )


def test_a_whole_event_is_archived_with_all_that_one_needs_to_find_and_check_it() -> None:
    answer = archived(manifest(), b"the manifest", "some/event.json", "events", "https://home/x")
    assert answer.event_type is EventType.ARCHIVED
    assert (answer.bucket, answer.key, answer.frames, answer.count) == ("events", "some/event.json", 2, 2)
    assert answer.bytes == stored(1).bytes + stored(2).bytes
    assert answer.sha256 == hashlib.sha256(b"the manifest").hexdigest()
    assert answer.url == "https://home/x"
    assert answer.missing is None


def test_an_event_is_seen_on_its_page() -> None:
    addresses = Addresses("https://home/", None)
    assert addresses.of(manifest(), "k") == f"https://home/events/yard/{EVENT}"


def test_an_event_has_no_address_where_nobody_said_how_people_reach_us() -> None:
    assert Addresses("", None).of(manifest(), "k") is None


def test_a_slice_with_a_prefix_has_no_page_among_the_events() -> None:
    def address(prefix: str) -> str | None:
        slice_ = Slice(experiment="leaves", prefix=prefix, interval_s=1)
        return Addresses("https://home", None).of(manifest().model_copy(update={"slice": slice_}), "k")

    assert address("experiments/leaves") is None
    assert address("")


def test_a_link_that_anyone_may_follow_is_given_where_it_is_wished() -> None:
    place = parse_archive_url("s3://events/some?endpoint=http://s3:9000&region=eu-west-1")
    assert isinstance(place, S3Place)
    keys = KeyRing(Key("key", "secret"), lambda: Key("renewed", "secret"))
    addresses = Addresses("https://home", Presigner(place, keys, "https://s3.example.org", 48))
    url = urlsplit(addresses.of(manifest(), "yard/event.json") or "")
    assert (url.scheme, url.netloc, url.path) == ("https", "s3.example.org", "/events/some/yard/event.json")
    query = dict(parse_qsl(url.query))
    assert query["X-Amz-Expires"] == str(48 * 3600)
    assert query["X-Amz-Credential"].startswith("key/")
    assert "/eu-west-1/s3/" in query["X-Amz-Credential"]
    keys.refused()  # where the archiver stores
    assert "X-Amz-Credential=renewed%2F" in (addresses.of(manifest(), "yard/event.json") or "")


def test_an_event_that_lacks_frames_says_how_many_and_why() -> None:
    gap = Missing(session=SESSION_HEX, first=3, last=5, why="nobody has it any more")
    answer = archived(manifest(gap), b"", "k", None, None)
    assert answer.event_type is EventType.ARCHIVE_FAILED
    assert answer.why == "3 frames could not be had any more"
    assert answer.missing == [gap]
    assert answer.url is None


def test_an_answer_stays_under_8_kb_however_much_is_missing() -> None:
    gaps = [Missing(session=SESSION_HEX, first=n, last=n, why="not answered") for n in range(1, 4000, 2)]
    answer = archived(manifest(*gaps), b"", "k", "events", "https://home")
    assert len(answer.missing or []) == MOST_MISSING
    assert len(answer.payload()) < 8192


def test_a_camera_that_is_not_archived_says_so() -> None:
    answer = not_archived(handover(1))
    assert answer.event_type is EventType.NOT_ARCHIVED
    assert (answer.event, answer.why) == (EVENT, "archiving is switched off for this camera")


def test_a_manifest_that_the_store_never_takes_fails_with_the_stores_words() -> None:
    answer = rejected(handover(1), "the store takes no such key")
    assert answer.event_type is EventType.ARCHIVE_FAILED
    assert answer.why == "the store takes no such key"
