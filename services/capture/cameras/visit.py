"""What to ask a camera next, and what to tell people, after an answer that is not the picture yet."""

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
    """One request that is to be made: where, as whom, and how we log in once we were asked to."""

    url: SplitResult
    login: Login | None
    authorization: str | None = None

    @classmethod
    def to(cls, url: str) -> Self:
        split = urlsplit(url)
        return cls(split, login_of(split))

    @property
    def host(self) -> str:
        return self.url.hostname or ""

    def request(self) -> bytes:
        """The HTTP request for the stream."""
        headers = {
            "Host": self.url.netloc.rpartition("@")[2],
            "User-Agent": "nightjar",
            "Accept": "multipart/x-mixed-replace, */*;q=0.5",
        }
        if self.authorization:
            headers["Authorization"] = self.authorization
        return request("GET", target_of(self.url), "HTTP/1.1", headers)

    def describe(self) -> bytes:
        """The RTSP request for a description of the stream."""
        headers = {"CSeq": "1", "User-Agent": "nightjar", "Accept": "application/sdp"}
        if self.authorization:
            headers["Authorization"] = self.authorization
        return request("DESCRIBE", self._rtsp_target, "RTSP/1.0", headers)

    def after(self, head: Head) -> Self:
        """The next visit after this answer. Raises `CameraMisconfigured` or `CameraLost` where none helps."""
        if head.status == 401 and self.login and not self.authorization:
            return self._logged_in(head, self.login)
        if head.status in _REDIRECTS and "Location" in head.headers:
            return self._redirected(head.headers["Location"])
        raise self._refusal(head)

    @property
    def _rtsp_target(self) -> str:
        return urlunsplit(self.url._replace(netloc=self.url.netloc.rpartition("@")[2], fragment=""))

    def _logged_in(self, head: Head, login: Login) -> Self:
        rtsp = self.url.scheme.startswith("rtsp")
        method, target = ("DESCRIBE", self._rtsp_target) if rtsp else ("GET", target_of(self.url))
        answer = authorization(head.headers.get_all("WWW-Authenticate", []), login, method, target)
        if answer is None:
            raise CameraMisconfigured(f"{self.host} asks for another login than a basic or a digest one")
        return replace(self, authorization=answer)

    def _redirected(self, location: str) -> Self:
        url = urlsplit(urljoin(urlunsplit(self.url), location))
        if url.scheme not in {"http", "https"} or not url.hostname:
            raise CameraMisconfigured(f"{self.host} redirects to what is no http: or https: address")
        # The login goes along to the same host only, and never from an encrypted to an open connection.
        same = url.hostname == self.url.hostname and (url.scheme == "https" or self.url.scheme == "http")
        return replace(
            self, url=url, login=login_of(url) or (self.login if same else None), authorization=None
        )

    def _refusal(self, head: Head) -> CameraLost | CameraMisconfigured:
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
