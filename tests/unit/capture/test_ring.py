from services.capture.ring import Ring


def test_a_frame_is_there_by_its_number() -> None:
    ring = Ring(100, 10)
    ring.put(1, b"one", 0)
    assert ring.get(1) == b"one"
    assert ring.get(2) is None


def test_the_oldest_go_when_there_are_too_many_bytes() -> None:
    ring = Ring(10, 1000)
    for number in (1, 2, 3):
        ring.put(number, b"1234", 0)
    assert [ring.get(number) is not None for number in (1, 2, 3)] == [False, True, True]


def test_the_oldest_go_when_they_are_too_old() -> None:
    ring = Ring(1000, 10)
    ring.put(1, b"1234", 0)
    ring.put(2, b"1234", 9)
    ring.put(3, b"1234", 11)
    assert [ring.get(number) is not None for number in (1, 2, 3)] == [False, True, True]


def test_a_frame_larger_than_the_ring_is_not_kept() -> None:
    ring = Ring(10, 10)
    ring.put(1, bytes(11), 0)
    assert ring.get(1) is None
    ring.put(2, bytes(10), 0)
    assert ring.get(2) is not None
