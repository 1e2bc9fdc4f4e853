import pytest

from services.gateway.access.forwarded import Proxies

PROXIES = Proxies.of(["10.0.0.0/8", "192.168.1.2", "fd00::/8"])


@pytest.mark.parametrize(
    ("peer", "forwarded_for", "client"),
    [
        ("203.0.113.9", [], "203.0.113.9"),
        ("203.0.113.9", ["198.51.100.7"], "203.0.113.9"),  # a stranger may claim what it likes
        ("10.0.0.1", ["198.51.100.7"], "198.51.100.7"),
        ("10.0.0.1", ["127.0.0.1, 198.51.100.7"], "198.51.100.7"),  # the client's own claim is left of it
        ("10.0.0.1", ["127.0.0.1", "198.51.100.7, 192.168.1.2"], "198.51.100.7"),
        ("10.0.0.1", ["[2001:db8::7]:4711"], "2001:db8::7"),
        ("10.0.0.1", ["198.51.100.7:4711"], "198.51.100.7"),
        ("10.0.0.1", ["unknown"], "10.0.0.1"),
        ("10.0.0.1", [""], "10.0.0.1"),
        ("::ffff:10.0.0.1", ["198.51.100.7"], "198.51.100.7"),
        ("fd00::5", ["198.51.100.7"], "198.51.100.7"),
        ("a-socket", ["198.51.100.7"], "a-socket"),
    ],
)
def test_the_last_address_that_a_trusted_proxy_has_seen_is_the_client(
    peer: str, forwarded_for: list[str], client: str
) -> None:
    assert PROXIES.client(peer, forwarded_for) == client


def test_without_proxies_nobody_is_believed() -> None:
    assert Proxies.of([]).client("10.0.0.1", ["198.51.100.7"]) == "10.0.0.1"
