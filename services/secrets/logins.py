"""Where everything is and how to get in, as people and scripts read it."""

import json
from dataclasses import asdict, dataclass
from urllib.parse import urlencode

from services.contract.archive_url import FolderPlace, HttpPlace, parse_archive_url
from services.contract.settings import Settings, split_address
from services.secrets.keyring import Key, Secrets


@dataclass(frozen=True, slots=True)
class Login:
    """A place with a user and a password; None where only its owner knows."""

    url: str
    user: str | None
    password: str | None


@dataclass(frozen=True, slots=True)
class Archive:
    """Where events are kept; a folder has nothing but its URL."""

    url: str | None
    endpoint: str | None = None
    access_key: str | None = None
    secret_key: str | None = None
    bucket: str | None = None
    console: str | None = None


@dataclass(frozen=True, slots=True)
class Logins:
    """All that `secrets show` says."""

    dashboard: Login
    mqtt: Login
    archive: Archive

    def as_json(self) -> str:
        return json.dumps(asdict(self), indent=2)

    def as_text(self) -> str:
        lines = []
        for title, fields in asdict(self).items():
            known = [f"  {name.replace('_', ' '):<11} {value}" for name, value in fields.items() if value]
            lines += [title, *known] if known else []
        return "\n".join(lines)


def archive_login(url: str, key: Key | None = None, console: str | None = None) -> Archive:
    """What is known of an archive by its `archive.url`; raises ValueError where that is none."""
    place = parse_archive_url(url)
    if isinstance(place, FolderPlace):
        return Archive(place.path.absolute().as_uri())
    if isinstance(place, HttpPlace):
        return Archive(place.origin)
    return Archive(
        url,
        place.endpoint,
        key.access if key else None,
        key.secret if key else None,
        place.bucket,
        console,
    )


def s3_url(bucket: str, endpoint: str) -> str:
    """`archive.url` of a bucket behind an endpoint."""
    return f"s3://{bucket}?{urlencode({'endpoint': endpoint}, safe=':/')}"


def local_logins(settings: Settings, secrets: Secrets) -> Logins:
    """The all-in-one as seen from its own machine; what the user chose himself is given as he wrote it."""
    mqtt, gateway, archive = settings.mqtt, settings.gateway, settings.archive
    own_hash = bool(gateway.password_hash.get_secret_value())
    access, secret = archive.access_key.get_secret_value(), archive.secret_key.get_secret_value()
    return Logins(
        Login(
            gateway.public_url or f"http{'s' * gateway.https}://{_as_seen_here(gateway.listen)}",
            gateway.user,
            None if own_hash else secrets.admin_password,
        ),
        Login(mqtt.url, mqtt.user or None, mqtt.password.get_secret_value() or None)
        if mqtt.url
        else Login(f"mqtt://{_as_seen_here(mqtt.listen)}", "nightjar", secrets.mqtt_password("nightjar")),
        archive_login(archive.url, Key(access, secret) if access else None),
    )


def _as_seen_here(listen: str) -> str:
    host, port = split_address(listen)
    shown = "localhost" if host in ("0.0.0.0", "::") else host
    return f"[{shown}]:{port}" if ":" in shown else f"{shown}:{port}"
