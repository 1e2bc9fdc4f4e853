import tracemalloc
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from services.archiver.retention.rows import Rows

#: As short, as long, as early and as late as ids can be; in their order.
IDS = [
    "00010101T000000Z-0000",
    "20261120T083000Z-0000",
    "20261120T083000Z-00001",
    "20261120T083000Z-3f9c",
    "20261120T083000Z-3f9c00",
    "20261120T083001Z-0001",
    "99991231T235959Z-ffffffffffffffff",
]


def filled(ids: list[str], size: int = 100) -> Rows:
    rows = Rows()
    for event in ids:
        rows.put(event, size, is_final=True)
    return rows


def test_any_event_is_found_again_by_its_id_whatever_order_they_came_in() -> None:
    mixed = Random(1).sample(IDS, len(IDS))
    rows = Rows()
    for event in mixed:
        rows.put(event, IDS.index(event), is_final=True)
    assert list(rows.final()) == [(event, n) for n, event in enumerate(IDS)]
    assert [rows.size(event) for event in IDS] == list(range(len(IDS)))
    assert rows.total == sum(range(len(IDS)))


def test_what_is_no_event_is_refused() -> None:
    with pytest.raises(ValueError, match="no event's id"):
        Rows().put("20261320T083000Z-3f9c", 1, is_final=True)


def test_one_that_is_put_again_has_its_new_size() -> None:
    rows = filled(IDS)
    rows.put(IDS[3], 7, is_final=True)
    assert (rows.size(IDS[3]), rows.total) == (7, 100 * (len(IDS) - 1) + 7)


def test_one_that_is_not_final_is_listed_again_and_not_written_down() -> None:
    rows = filled(IDS[:1])
    rows.put(IDS[1], 5, is_final=False)
    assert (rows.confirm(IDS[0]), rows.confirm(IDS[1]), rows.confirm(IDS[2])) == (True, False, False)
    assert [event for event, _ in rows.final()] == IDS[:1]
    assert rows.total == 105


def test_what_a_pass_has_not_seen_is_forgotten() -> None:
    rows = filled(IDS)
    rows.doubt()
    assert rows.confirm(IDS[2])
    rows.put(IDS[4], 7, is_final=False)
    rows.drop_doubtful()
    assert (len(rows), rows.size(IDS[2]), rows.size(IDS[4]), rows.total) == (2, 100, 7, 107)


def test_one_that_was_deleted_is_forgotten() -> None:
    rows = filled(IDS)
    rows.drop(IDS[0])
    rows.drop(IDS[0])
    assert (len(rows), rows.size(IDS[0]), rows.total) == (len(IDS) - 1, 0, 100 * (len(IDS) - 1))


def test_an_event_takes_less_than_thirty_bytes() -> None:
    start = datetime(2026, 11, 1, tzinfo=UTC)
    ids = [f"{start + timedelta(seconds=n):%Y%m%dT%H%M%SZ}-{n:04x}" for n in range(5000)]
    tracemalloc.start()
    try:
        rows = filled(ids)
        taken, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert taken < 30 * len(rows)
