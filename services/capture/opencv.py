"""OpenCV and FFmpeg say every failed attempt aloud; we say it in a sentence, once."""

import os

import cv2


def quiet_opencv() -> None:
    """Nothing of theirs on standard error; to be called before the first camera is opened."""
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
