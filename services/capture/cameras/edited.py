"""A camera whose pictures are edited before anybody gets them; what cannot be decoded never comes through."""

import threading
from collections.abc import Iterator
from dataclasses import replace

from services.capture.cameras.camera import Camera, CameraOptions, Picture
from services.capture.cameras.develop import Developer
from services.capture.cameras.encode import decode


class Edited:
    """Decodes, edits and encodes each picture once; those that were encoded here have their edits already."""

    def __init__(self, camera: Camera, options: CameraOptions) -> None:
        self._camera, self._develop = camera, Developer(options.edits, options.quality)
        self._broken = 0

    @property
    def skipped(self) -> int:
        return self._camera.skipped + self._broken

    def pictures(self, stop: threading.Event) -> Iterator[Picture]:
        for picture in self._camera.pictures(stop):
            if picture.encoded_from:
                yield picture
            elif (image := decode(picture.jpeg)) is None:
                self._broken += 1
            else:
                jpeg = self._develop(image, picture.time)
                yield replace(picture, jpeg=jpeg, encoded_from="JPEG")
