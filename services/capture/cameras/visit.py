"""What to ask a camera next, and what to tell people, after an answer that is not the picture yet."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Self
from urllib.parse import SplitResult, urljoin, urlsplit, urlunsplit

from services.capture.cameras.auth import Login, authorization
from services.capture.cameras.camera import CameraLost, CameraMisconfigured
from services.capture.cameras.http_message import Head, login_of, request, target_of

_REDIRECTS = frozenset((301, 302, 303, 307, 308))
_PASSING = frozenset((408, 425, 429))  # and all from 500: the camera may do better soon


@dataclass(frozen=True, slots=True)
class Visit:
    """One request that is to be made: where, as whom, and how we log in once we were asked to.

    `challenges` are those that the camera asked with, and `answers` says how often they were answered.
    """

    url: SplitResult
    login: Login | None = None
    token: str = ""
    challenges: tuple[str, ...] = ()
    answers: int = 0

    @classmethod
    def to(cls, url: str, token: str = "") -> Self:
        split = urlsplit(url)
        return cls(split, login_of(split), token)

    @property
    def host(self) -> str:
        return self.url.hostname or ""

    def request(self, also: Mapping[str, str] | None = None) -> bytes:
        """The HTTP request for the picture or the stream."""
        headers = {
            "Host": self.url.netloc.rpartition("@")[2],
            "User-Agent": "nightjar",
            "Accept": "multipart/x-mixed-replace, image/jpeg, */*;q=0.5",
            **(also or {}),
        }
        if answer := self._authorization("GET", target_of(self.url)):
            headers["Authorization"] = answer
        elif self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        return request("GET", target_of(self.url), "HTTP/1.1", headers)

    def again(self) -> Self:
        """The same visit once more, without being asked for the login a second time."""
        return replace(self, answers=self.answers + 1) if self.challenges else self

    def describe(self) -> bytes:
        """The RTSP request for a description of the stream."""
        headers = {"CSeq": "1", "User-Agent": "nightjar", "Accept": "application/sdp"}
        if answer := self._authorization("DESCRIBE", self._rtsp_target):
            headers["Authorization"] = answer
        return request("DESCRIBE", self._rtsp_target, "RTSP/1.0", headers)

    def after(self, head: Head) -> Self:
        """The next visit after this answer. Raises `CameraMisconfigured` or `CameraLost` where none helps."""
        # A login that was taken before and is not now: the camera's challenge has grown old.
        if head.status == 401 and self.login and not self.token and self.answers != 1:
            return self._logged_in(head, self.login)
        if head.status in _REDIRECTS and "Location" in head.headers:
            return self._redirected(head.headers["Location"])
        raise self._refusal(head)

    @property
    def _rtsp_target(self) -> str:
        return urlunsplit(self.url._replace(netloc=self.url.netloc.rpartition("@")[2], fragment=""))

    def _authorization(self, method: str, target: str) -> str | None:
        if not self.login or not self.challenges:
            return None
        return authorization(self.challenges, self.login, method, target, count=self.answers)

    def _logged_in(self, head: Head, login: Login) -> Self:
        challenges = tuple(head.headers.get_all("WWW-Authenticate", []))
        if authorization(challenges, login, "GET", "/") is None:
            raise CameraMisconfigured(f"{self.host} asks for another login than a basic or a digest one")
        return replace(self, challenges=challenges, answers=1)

    def _redirected(self, location: str) -> Self:
        url = urlsplit(urljoin(urlunsplit(self.url), location))
        if url.scheme not in {"http", "https"} or not url.hostname:
            raise CameraMisconfigured(f"{self.host} redirects to what is no http: or https: address")
        # The login goes along to the same host only, and never from an encrypted to an open connection.
        same = url.hostname == self.url.hostname and (url.scheme == "https" or self.url.scheme == "http")
        return replace(
            self,
            url=url,
            login=login_of(url) or (self.login if same else None),
            token=self.token if same else "",
            challenges=(),
            answers=0,
        )

    def _refusal(self, head: Head) -> CameraLost | CameraMisconfigured:
        if head.status == 401 and self.token:
            return CameraMisconfigured(f"{self.host} refuses the token; check capture.token")
        if head.status == 401 and self.login:
            return CameraMisconfigured(f"{self.host} refuses the login; check user and password in the URL")
        if head.status == 401:
            scheme = self.url.scheme
            return CameraMisconfigured(
                f"{self.host} asks for a login; write it into the URL: {scheme}://user:password@…"
            )
        answer = f"{self.host} answers {head.status} {head.reason}".rstrip()
        if head.status >= 500 or head.status in _PASSING:
            return CameraLost(answer)
        return CameraMisconfigured(f"{answer}; check the URL's path")
