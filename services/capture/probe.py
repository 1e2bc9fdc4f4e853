"""`nightjar probe`: what a camera delivers, without any configuration, and a snapshot of it."""

import argparse
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from services.capture.cameras import (
    Camera,
    CameraLost,
    CameraMisconfigured,
    CameraOptions,
    Picture,
    open_camera,
)
from services.capture.delivery import Delivery
from services.capture.opencv import quiet_opencv
from services.contract.urls import mask_url, scheme_of
from services.runtime.run import handle_signals


def main(arguments: argparse.Namespace) -> int:
    """Prints what the camera delivers; 0 when pictures came, 1 with a sentence when not, 130 after Ctrl-C."""
    quiet_opencv()
    if scheme_of(arguments.url) in {"push", "mqtt"}:
        return _fail("the pictures of such a camera come by themselves: there is nothing to connect to")
    stop = threading.Event()
    handle_signals(stop)
    options = _options(arguments)
    print(mask_url(arguments.url), flush=True)
    delivery, problem = Delivery(options.quality, time.monotonic()), ""
    try:
        camera = open_camera(arguments.url, options)
        interrupted = _take(camera, delivery, arguments.seconds, stop)
        delivery.skipped = camera.skipped
    except (CameraLost, CameraMisconfigured) as error:
        problem, interrupted = str(error), False
    print("".join(f"{line}\n" for line in delivery.lines()), end="", flush=True)
    if interrupted:
        return 130
    if problem or delivery.last is None:
        return _fail(problem or "the camera gave no picture")
    return _save(delivery.last, arguments.snapshot) if arguments.snapshot else 0


def _take(camera: Camera, delivery: Delivery, seconds: float, stop: threading.Event) -> bool:
    """Takes pictures for so long from the first; whether somebody stopped it before."""
    enough = threading.Event()

    def end() -> None:
        enough.set()
        stop.set()

    timer = threading.Timer(seconds, end)
    timer.daemon = True
    pictures: Iterator[Picture] = camera.pictures(stop)
    for picture in pictures:
        if delivery.last is None:
            timer.start()
        delivery.add(picture, time.monotonic())
        if enough.is_set():
            break
    timer.cancel()
    return stop.is_set() and not enough.is_set()


def _options(arguments: argparse.Namespace) -> CameraOptions:
    return CameraOptions(
        rtsp_transport="udp" if arguments.udp else "tcp",
        verify_tls=not arguments.insecure,
        ca_file=arguments.ca_file,
        certificate_sha256=arguments.certificate_sha256,
        token=arguments.token,
        connect_timeout_s=arguments.timeout,
        stall_timeout_s=arguments.timeout,
    )


def _save(picture: Picture, file: Path) -> int:
    try:
        file.write_bytes(picture.jpeg)
    except OSError as error:
        return _fail(f'the snapshot cannot be written to "{file}": {error.strerror}')
    print(f"  snapshot     {file}")
    return 0


def _fail(sentence: str) -> int:
    print(f"nightjar: {sentence}", file=sys.stderr)
    return 1
