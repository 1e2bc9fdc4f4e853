"""Frames without a picture in them, for whoever only looks at the outside."""

from datetime import UTC, datetime, timedelta

from services.contract.frame import FrameId, stamp

NOW = datetime(2026, 11, 20, 8, 30, 12, 123457, tzinfo=UTC)


def frame(sequence: int = 1, *, age_s: float = 0.0, camera: str = "door", padding: int = 0) -> bytes:
    """The smallest JPEG with a comment in it, stamped."""
    comment = b"".join(b"\xff\xfe\xff\xff" + b"x" * 65533 for _ in range(padding // 65537))
    taken = NOW - timedelta(seconds=age_s)
    return stamp(b"\xff\xd8" + comment + b"\xff\xd9", FrameId(camera, 0xAB, sequence, taken))
