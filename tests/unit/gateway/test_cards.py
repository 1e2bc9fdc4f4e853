from datetime import UTC, timedelta

from services.gateway.archive.library import Entry
from services.gateway.live.happenings import Happening, Stage
from services.gateway.pages.cards import Card, by_day, cards
from tests.unit.gateway.frames import NOW

OLD, NEW = "20261120T083012Z-3f9c", "20261120T090000Z-0001"


def entry(event: str = OLD, *, complete: bool = True) -> Entry:
    frames = 10 if complete else 0
    return Entry("door", event, NOW, complete, NOW + timedelta(seconds=5), "motion", frames)


def happening(event: str = NEW, stage: Stage = Stage.OPEN) -> Happening:
    return Happening("door", event, stage, NOW + timedelta(minutes=30))


def made(entries: list[Entry], happenings: list[Happening]) -> list[Card]:
    return cards(entries, happenings, lambda camera: camera.capitalize())


def test_what_goes_on_now_stands_before_what_is_stored() -> None:
    assert [card.event for card in made([entry()], [happening()])] == [NEW, OLD]


def test_an_event_is_one_card_and_the_archive_knows_best() -> None:
    (card,) = made([entry()], [happening(OLD, Stage.ENDED)])
    assert (card.stage, card.frames, card.label, card.words) == (Stage.ARCHIVED, 10, "Door", "")
    assert card.picture == f"/api/archive/events/door/{OLD}/thumbnail.jpg?width=640"


def test_while_it_is_stored_what_was_said_of_it_knows_best() -> None:
    (card,) = made([entry(complete=False)], [happening(OLD, Stage.FAILED)])
    assert (card.stage, card.words, card.picture) == (Stage.FAILED, "not all stored", None)


def test_an_open_event_shows_the_camera_as_it_is() -> None:
    (card,) = made([], [happening()])
    assert (card.picture, card.path) == ("/cameras/door/preview.jpg", f"/events/door/{NEW}")


def test_cards_are_grouped_by_the_days_of_the_time_zone() -> None:
    found = made([entry()], [happening()])
    assert [(day.isoformat(), len(group)) for day, group in by_day(found, UTC)] == [("2026-11-20", 2)]
