import asyncio

from services.gateway.live.feed import MAX_PENDING, Change, Feed, Feeds


def change(about: str, value: int) -> Change:
    return Change(about, "camera", {"value": value})


def take(feed: Feed) -> list[tuple[str, int]]:
    return [(taken.about, taken.data["value"]) for taken in asyncio.run(feed.take())]


def test_a_slow_browser_gets_the_newest_of_each_thing() -> None:
    feed = Feed()
    for value in range(100):
        feed.put(change("door", value))
        feed.put(change("yard", value))
    assert take(feed) == [("door", 99), ("yard", 99)]


def test_memory_stays_bounded_for_a_browser_that_takes_nothing() -> None:
    feed = Feed()
    for n in range(MAX_PENDING + 10):
        feed.put(change(f"event {n}", n))
    taken = take(feed)
    assert len(taken) == MAX_PENDING
    assert taken[-1] == (f"event {MAX_PENDING + 9}", MAX_PENDING + 9)


def test_everybody_who_listens_is_told_until_they_leave() -> None:
    feeds = Feeds()
    with feeds.listen() as one:
        with feeds.listen() as other:
            feeds.tell(change("door", 1))
            assert (take(one), take(other)) == ([("door", 1)], [("door", 1)])
        assert len(feeds) == 1
    assert len(feeds) == 0


def test_a_change_is_one_server_sent_event_whatever_its_text() -> None:
    sse = Change("door", "camera", {"label": "Tür\n\nzwei"}).sse().decode()
    assert sse == 'event: camera\ndata: {"label": "Tür\\n\\nzwei"}\n\n'


def test_who_wants_no_statistics_hears_of_everything_else_and_only_when_it_changes() -> None:
    async def heard() -> tuple[list[Change], list[Change]]:
        feeds, rest = Feeds(), frozenset({"stats"})
        with feeds.listen(brief=True) as brief, feeds.listen() as full:
            feeds.tell(Change("camera/door", "camera", {"motion": False, "stats": 1}, rest))
            first = await brief.take()
            feeds.tell(Change("camera/door", "camera", {"motion": False, "stats": 2}, rest))
            feeds.tell(Change("camera/yard", "camera", {"motion": True, "stats": 2}, rest))
            return first + await brief.take(), await full.take()

    brief, full = asyncio.run(heard())
    assert [change.data for change in brief] == [{"motion": False}, {"motion": True}]
    assert [change.data["stats"] for change in full] == [2, 2]
