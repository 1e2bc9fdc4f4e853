from services.archiver.lately import Lately


def test_the_events_put_in_last_are_known_and_no_more_than_so_many() -> None:
    lately = Lately[int](2)
    for number in (1, 2, 3):
        lately.put("yard", f"e{number}", number)
    assert [lately.get("yard", f"e{number}") for number in (1, 2, 3)] == [None, 2, 3]
    assert ("yard", "e3") in lately
    assert ("door", "e3") not in lately


def test_one_that_is_put_in_again_is_the_newest() -> None:
    lately = Lately[int](2)
    for event in ("a", "b", "a", "c"):
        lately.put("yard", event, 1)
    assert ("yard", "a") in lately
    assert ("yard", "b") not in lately
