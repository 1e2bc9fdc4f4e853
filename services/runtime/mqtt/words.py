"""Why there is no connection to the broker, as a sentence for people."""

import ssl

from services.runtime.mqtt.address import BrokerAddress

_WRONG_VERSION = {"Unsupported protocol version"}
_WRONG_LOGIN = {"Not authorized", "Bad user name or password", "Bad authentication method"}


class ConnectionRefused(Exception):
    """No connection came about; the text is a sentence for people."""

    def __init__(self, sentence: str, *, login: bool = False, wrong_version: bool = False) -> None:
        super().__init__(sentence)
        self.login = login
        self.wrong_version = wrong_version


def refusal(broker: BrokerAddress, answer: str) -> ConnectionRefused:
    """What the broker answered to our CONNECT."""
    if answer in _WRONG_LOGIN:
        who = f"the user '{broker.user}'" if broker.user else "a client without a user"
        sentence = f"the broker {broker} refuses {who}: check mqtt.user and mqtt.password"
        return ConnectionRefused(sentence, login=True)
    sentence = f"the broker {broker} refuses the connection: {answer[:1].lower()}{answer[1:]}"
    return ConnectionRefused(sentence, wrong_version=answer in _WRONG_VERSION)


def unreachable(broker: BrokerAddress, error: OSError) -> ConnectionRefused:
    """What the system said when we tried to get there."""
    return ConnectionRefused(f"the broker {broker} cannot be reached: {_words(error)}")


def loss(broker: BrokerAddress, why: str) -> str:
    """What ended a connection that had been accepted."""
    known = "" if why == "Unspecified error" else f" ({why[:1].lower()}{why[1:]})"
    return f"the connection to the broker {broker} was lost{known}"


def _words(error: OSError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted ({error.verify_message}); mqtt.ca_file names others"
    if isinstance(error, ssl.SSLError) and error.reason == "WRONG_VERSION_NUMBER":
        return "it does not speak TLS on this port; write mqtt:// or name its TLS port, which is often 8883"
    if isinstance(error, TimeoutError):
        return "it does not answer"
    return (error.strerror or str(error) or type(error).__name__).lower()
