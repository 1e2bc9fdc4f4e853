"""What OpenCV tells about a video."""

import cv2

_CODECS = {"h264": "H.264", "avc1": "H.264", "hevc": "H.265", "hvc1": "H.265", "mjpg": "Motion JPEG"}


def codec_of(capture: cv2.VideoCapture) -> str:
    """The video's codec as people call it."""
    fourcc = int(capture.get(cv2.CAP_PROP_FOURCC)) & 0xFFFFFFFF
    name = fourcc.to_bytes(4, "little").decode("latin-1").strip("\0 ")
    return _CODECS.get(name.lower(), name.upper() or "video")
