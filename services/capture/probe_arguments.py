"""What `nightjar probe` takes; apart from the probe, so that `nightjar --help` need not load OpenCV."""

import argparse
import math
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes; `main` gets the parsed result."""
    parser.add_argument("url", help="the camera's URL, as it would stand in nightjar.yaml")
    parser.add_argument(
        "--snapshot", type=Path, metavar="FILE", help="save the last picture as this JPEG file"
    )
    parser.add_argument(
        "--seconds", type=_seconds, default=5.0, metavar="N", help="take pictures for so long (default: 5)"
    )
    parser.add_argument(
        "--timeout",
        type=_seconds,
        default=10.0,
        metavar="N",
        help="wait so long for the camera (default: 10)",
    )
    parser.add_argument("--udp", action="store_true", help="rtsp: take the video over UDP")
    parser.add_argument("--insecure", action="store_true", help="https: do not check the certificate")
    parser.add_argument("--ca-file", type=Path, metavar="FILE", help="https: who signs the certificate")
    parser.add_argument(
        "--certificate-sha256", default="", metavar="FINGERPRINT", help="https: take this certificate alone"
    )
    parser.add_argument("--token", default="", help="http: a bearer token")


def _seconds(text: str) -> float:
    value = float(text)
    if not (math.isfinite(value) and 0 < value <= 3600):
        raise ValueError
    return value
