"""Which services run in one process, in the order in which frames flow through them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from pydantic import SecretStr

from services.archiver.opening import open_archiver
from services.capture.service import CaptureService
from services.contract.message import Message
from services.contract.settings import Settings
from services.gateway.workers import open_gateway
from services.motion.service import MotionService
from services.runtime.mqtt import renewable_address
from services.runtime.reload import Reconfigured
from services.runtime.run import Service
from services.secrets.keyring import Secrets
from services.together.broker import EmbeddedBroker, address_of

MAKERS = (
    ("capture", CaptureService),
    ("motion", MotionService),
    ("archiver", open_archiver),
    ("gateway", open_gateway),
)


@dataclass(frozen=True, slots=True)
class Together:
    """The services in order, and what each of them can account for."""

    broker: EmbeddedBroker | None
    services: list[Service] = field(default_factory=list)
    reconfigured: list[Reconfigured] = field(default_factory=list)
    accounts: dict[str, Callable[[], Mapping[str, Message]]] = field(default_factory=dict)

    def problems(self) -> list[str]:
        everything = [self.broker, *self.services] if self.broker else self.services
        return [problem for service in everything for problem in service.problems()]


def assemble(settings: Settings, secrets: Secrets) -> Together:
    """Builds everything, of settings `with_login`; nothing runs yet.

    Raises UserError where the configuration cannot be right.
    """
    embedded = not settings.mqtt.url
    state = settings.state_dir / "broker.state"
    together = Together(EmbeddedBroker(settings.mqtt, secrets, state) if embedded else None)
    for name, make in MAKERS:
        address = address_of(settings.mqtt, secrets, name) if embedded else renewable_address(settings)
        service = make(settings, address)
        together.services.append(service)
        together.reconfigured.append(service)
        together.accounts[name] = service.account
    return together


def with_login(settings: Settings, secrets: Secrets) -> Settings:
    """The dashboard's login is generated where the configuration has none."""
    gateway = settings.gateway
    generated = {}
    if not gateway.password_hash.get_secret_value():
        generated["password_hash"] = SecretStr(secrets.admin_hash)
    if not gateway.session_key.get_secret_value():
        generated["session_key"] = SecretStr(secrets.session_key)
    return settings.model_copy(update={"gateway": gateway.model_copy(update=generated)})
