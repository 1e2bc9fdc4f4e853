"""A login as a signed cookie: whose it is, when it ends, and the token that its forms must carry."""

import hmac
import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256

from itsdangerous import BadData, URLSafeSerializer

from services.gateway.access.accounts import Accounts
from services.gateway.access.shared_file import SharedFile
from services.runtime.errors import UserError

log = logging.getLogger(__name__)

COOKIE = "nightjar_session"


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody who logged in."""

    user: str
    ends: float  # seconds since 1970
    csrf: str  # what a form or request that changes something must carry; names the session, too
    seal: str  # of the password with which it began


class Sessions:
    """Signs and reads session cookies; a session ends with its time, its logout, or a new password.

    Logouts are in a file, so that they count in every process, and after the next start.
    """

    def __init__(
        self, key: str, accounts: Accounts, hours: float, ended: SharedFile, now: Callable[[], float]
    ) -> None:
        self.max_age_s = hours * 3600
        self._accounts = accounts
        self._ended = ended
        self._ended_here: dict[str, float] = {}
        self._now = now
        self.take_key(key or secrets.token_urlsafe(32))

    def take_key(self, key: str) -> None:
        """What cookies are signed with from now on, which ends all sessions of before; nothing: as it is."""
        if key:
            self._key = key
            self._signer = URLSafeSerializer(
                key, salt="nightjar.session", signer_kwargs={"digest_method": sha256}
            )

    def begin(self, user: str) -> Session:
        seal = self._accounts.seal(user, self._key)
        return Session(user, self._now() + self.max_age_s, secrets.token_urlsafe(24), seal)

    def write(self, session: Session) -> str:
        """The cookie's value."""
        text = self._signer.dumps([session.user, session.ends, session.csrf, session.seal])
        assert isinstance(text, str)
        return text

    def read(self, cookie: str) -> Session | None:
        """The session of a cookie; None where it is forged, or does not hold any more."""
        try:
            user, ends, csrf, seal = self._signer.loads(cookie)
        except (BadData, TypeError, ValueError):
            return None
        session = Session(user, ends, csrf, seal)
        return session if self.holds(session) else None

    def holds(self, session: Session) -> bool:
        """Whether it has neither ended nor been logged out, and its user still has that password."""
        known = self._accounts.seal(session.user, self._key)
        if not known or not hmac.compare_digest(known, session.seal):
            return False
        if session.ends <= self._now() or session.csrf in self._ended_here:
            return False
        return _name(session.csrf) not in self._ended.read()

    def end(self, session: Session) -> None:
        """Its cookie is worth nothing any more, also where somebody copied it."""
        now = self._now()
        self._ended_here = {csrf: ends for csrf, ends in self._ended_here.items() if ends > now}
        self._ended_here[session.csrf] = session.ends
        try:
            with self._ended.changing() as ended:
                for name in [name for name, ends in ended.items() if ends <= now]:
                    del ended[name]
                ended[_name(session.csrf)] = session.ends
        except UserError as error:
            log.warning("a logout is remembered until the next start only: %s", error)


def is_token_of(session: Session, token: str) -> bool:
    return hmac.compare_digest(session.csrf.encode(), token.encode())


def _name(csrf: str) -> str:
    """What stands in the file: nothing that opens anything."""
    return sha256(csrf.encode()).hexdigest()[:32]
