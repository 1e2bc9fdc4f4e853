"""Somebody who looks at a live picture through the balancer, and connects again when it is lost."""

import base64
import http.client
import threading
import time


class Viewer:
    """Used with `with`; `longest_gap_s` is since `mark`."""

    def __init__(self, port: int, camera: str, user: str, password: str) -> None:
        self._port = port
        self._path = f"/cameras/{camera}/stream.mjpeg"
        self._login = base64.b64encode(f"{user}:{password}".encode()).decode()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look, name="viewer", daemon=True)
        self._seen_s = time.monotonic()
        self._gap_s = 0.0
        self.pictures = 0

    def __enter__(self) -> "Viewer":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(10)

    def mark(self) -> None:
        self._gap_s, self._seen_s = 0.0, time.monotonic()

    @property
    def longest_gap_s(self) -> float:
        return max(self._gap_s, time.monotonic() - self._seen_s)

    def _look(self) -> None:
        while not self._stop.is_set():
            connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=2)
            try:
                connection.request("GET", self._path, headers={"Authorization": f"Basic {self._login}"})
                answer = connection.getresponse()
                while answer.status == 200 and not self._stop.is_set():
                    self._next_part(answer)
            except (OSError, http.client.HTTPException, ValueError):
                pass
            finally:
                connection.close()
            self._stop.wait(0.2)

    def _next_part(self, answer: http.client.HTTPResponse) -> None:
        """Raises ValueError where the stream ends."""
        size = -1
        while line := answer.readline():
            if line.lower().startswith(b"content-length:"):
                size = int(line.split(b":")[1])
            if line == b"\r\n" and size >= 0:
                break
        if size < 0 or len(answer.read(size)) < size:
            raise ValueError("the stream has ended")
        now_s = time.monotonic()
        self._gap_s, self._seen_s = max(self._gap_s, now_s - self._seen_s), now_s
        self.pictures += 1
