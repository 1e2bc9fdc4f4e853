"""A login as a signed cookie: whose it is, when it ends, and the token that its forms must carry."""

import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256

from itsdangerous import BadData, URLSafeSerializer

COOKIE = "nightjar_session"


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody who logged in."""

    user: str
    ends: float  # seconds since 1970
    csrf: str  # what a form or request that changes something must carry; names the session, too


class Sessions:
    """Signs and reads session cookies; a session ends with its time, its logout, or a new password."""

    def __init__(self, key: str, password_hash: str, hours: float, now: Callable[[], float]) -> None:
        self.max_age_s = hours * 3600
        self._now = now
        self._signer = URLSafeSerializer(
            f"{key or secrets.token_urlsafe(32)}{password_hash}",
            salt="nightjar.session",
            signer_kwargs={"digest_method": sha256},
        )
        self._logged_out: dict[str, float] = {}

    def begin(self, user: str) -> Session:
        return Session(user, self._now() + self.max_age_s, secrets.token_urlsafe(24))

    def write(self, session: Session) -> str:
        """The cookie's value."""
        text = self._signer.dumps([session.user, session.ends, session.csrf])
        assert isinstance(text, str)
        return text

    def read(self, cookie: str) -> Session | None:
        """The session of a cookie; None where it is forged, has ended, or was logged out."""
        try:
            session = Session(*self._signer.loads(cookie))
        except (BadData, TypeError):
            return None
        if session.ends <= self._now() or session.csrf in self._logged_out:
            return None
        return session

    def end(self, session: Session) -> None:
        """Its cookie is worth nothing any more, also where somebody copied it."""
        now = self._now()
        self._logged_out = {csrf: ends for csrf, ends in self._logged_out.items() if ends > now}
        self._logged_out[session.csrf] = session.ends


def is_token_of(session: Session, token: str) -> bool:
    return hmac.compare_digest(session.csrf.encode(), token.encode())
