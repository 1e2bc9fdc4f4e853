"""Where the broker is comes from the configuration, and its mistakes are said before anything runs."""

import socket
import ssl
from pathlib import Path

import pytest
from pydantic import ValidationError

from services.contract.settings import MqttSettings
from services.runtime.errors import UserError
from services.runtime.mqtt import BrokerAddress, broker_address
from services.runtime.mqtt.words import loss, refusal, unreachable

BROKER = BrokerAddress("b", 1883)


@pytest.mark.parametrize(
    ("url", "shown", "port"),
    [
        ("mqtt://broker", "mqtt://broker:1883", 1883),
        ("mqtts://broker/", "mqtts://broker:8883", 8883),
        ("mqtt://10.0.0.1:1884", "mqtt://10.0.0.1:1884", 1884),
        ("mqtt://[::1]:1884", "mqtt://[::1]:1884", 1884),
    ],
)
def test_an_address_is_read_and_shown(url: str, shown: str, port: int) -> None:
    address = broker_address(MqttSettings(url=url))
    assert (str(address), address.port) == (shown, port)


def test_nodes_of_a_cluster_are_tried_in_the_order_written() -> None:
    address = broker_address(MqttSettings(url="mqtts://a,b:1884, [::1]"))
    assert [str(node) for node in address.nodes()] == [
        "mqtts://a:8883",
        "mqtts://b:1884",
        "mqtts://[::1]:8883",
    ]


@pytest.mark.parametrize(
    "url", ["mqtt://a,", "mqtt://a,mqtt://b", "mqtt://,b", "mqtt://a/x,b", "mqtt://a,u@b"]
)
def test_a_broken_list_of_nodes_is_a_mistake(url: str) -> None:
    with pytest.raises(ValidationError, match="must be mqtt://host:port or mqtts://host:port"):
        MqttSettings(url=url)


def test_no_broker_is_a_mistake() -> None:
    with pytest.raises(UserError) as caught:
        broker_address(MqttSettings())
    assert str(caught.value) == (
        "mqtt.url is empty: write the broker's address there, such as mqtt://192.168.1.5:1883"
    )


def test_the_password_is_in_no_text() -> None:
    settings = MqttSettings.model_validate({"url": "mqtt://b", "user": "u", "password": "pa55word"})
    address = broker_address(settings)
    assert address.password == "pa55word"
    assert "pa55word" not in f"{address} {address!r}"


@pytest.mark.parametrize("name", ["ca_file", "cert_file", "key_file"])
def test_a_certificate_that_is_not_there_gets_its_sentence(name: str, tmp_path: Path) -> None:
    files = {"cert_file": tmp_path / "there"} if name == "key_file" else {}
    (tmp_path / "there").write_text("x")
    settings = MqttSettings.model_validate({"url": "mqtts://b", **files, name: tmp_path / "none"})
    with pytest.raises(UserError) as caught:
        broker_address(settings)
    assert str(caught.value) == (
        f"mqtt.{name} names {tmp_path / 'none'}, which cannot be read: no such file or directory"
    )


def test_a_certificate_that_is_none_gets_its_sentence(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("no certificate")
    settings = MqttSettings(url="mqtts://b", ca_file=tmp_path / "ca.pem")
    with pytest.raises(UserError) as caught:
        broker_address(settings)
    assert str(caught.value) == (
        "mqtt.ca_file: no certificates in PEM that fit together; a key must have no passphrase"
    )


# -- sentences -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("answer", ["Not authorized", "Bad user name or password"])
def test_a_refused_login_says_what_to_check(answer: str) -> None:
    refused = refusal(BrokerAddress("b", 1, user="motion"), answer)
    assert str(refused) == (
        "the broker mqtt://b:1 refuses the user 'motion': check mqtt.user and mqtt.password"
    )
    assert refused.login
    assert str(refusal(BROKER, answer)) == (
        "the broker mqtt://b:1883 refuses a client without a user: check mqtt.user and mqtt.password"
    )


def test_a_broker_that_does_not_know_our_version_is_asked_with_an_older_one() -> None:
    assert refusal(BROKER, "Unsupported protocol version").wrong_version
    other = refusal(BROKER, "Server unavailable")
    assert not other.wrong_version
    assert not other.login
    assert str(other) == "the broker mqtt://b:1883 refuses the connection: server unavailable"


def untrusted() -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed")
    error.verify_message = "self-signed certificate"
    return error


def plain() -> ssl.SSLError:
    error = ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER] wrong version number (_ssl.c:1006)")
    error.reason = "WRONG_VERSION_NUMBER"
    return error


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ConnectionRefusedError(111, "Connection refused"), "connection refused"),
        (socket.gaierror(-2, "Name or service not known"), "name or service not known"),
        (TimeoutError("timed out"), "it does not answer"),
        (untrusted(), "its certificate is not trusted (self-signed certificate); mqtt.ca_file names others"),
        (
            plain(),
            "it does not speak TLS on this port; write mqtt:// or name its TLS port, which is often 8883",
        ),
    ],
)
def test_why_a_broker_cannot_be_reached_is_said_in_words(error: OSError, words: str) -> None:
    assert str(unreachable(BROKER, error)) == f"the broker mqtt://b:1883 cannot be reached: {words}"


def test_why_a_connection_was_lost_is_said_where_it_is_known() -> None:
    assert loss(BROKER, "Unspecified error") == "the connection to the broker mqtt://b:1883 was lost"
    assert loss(BROKER, "Session taken over") == (
        "the connection to the broker mqtt://b:1883 was lost (session taken over)"
    )
