"""GStreamer's RTSP server, as a process under the system's Python."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.integration.capture.programs import need

PYTHON = "/usr/bin/python3"
SERVER = Path(__file__).parents[2] / "servers" / "rtsp.py"


def need_gstreamer() -> None:
    """Skips where the RTSP server cannot run."""
    needs = "import gi; gi.require_version('GstRtspServer', '1.0')"
    with suppress(OSError):
        if subprocess.run([PYTHON, "-c", needs], capture_output=True, check=False).returncode == 0:
            return
    need(f"RTSP server of GStreamer's (gir1.2-gst-rtsp-server-1.0) for {PYTHON}")


@contextmanager
def playing(*arguments: str | Path) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """The URL of a server that was started so, and its process."""
    with subprocess.Popen(
        [PYTHON, SERVER, *arguments],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    ) as server:  # fmt: skip
        assert server.stdout is not None
        try:
            yield server.stdout.readline().strip(), server
        finally:
            server.kill()
