"""What a camera delivered in a while: how many pictures, how large, and what has to be done to them."""

from services.capture.cameras import Picture
from services.contract.frame import NotAFrame, orientation, size


class Delivery:
    """Counts pictures and says about them what people want to know. Times are monotonic, in seconds."""

    def __init__(self, quality: int, began_s: float) -> None:
        self.skipped = 0
        self.last: Picture | None = None
        self._quality, self._began_s = quality, began_s
        self._first_s = self._last_s = began_s
        self._bytes: list[int] = []
        self._sizes: dict[tuple[int, int], int] = {}

    def add(self, picture: Picture, now_s: float) -> None:
        if self.last is None:
            self._first_s = now_s
        self.last, self._last_s = picture, now_s
        self._bytes.append(len(picture.jpeg))
        try:
            wide_high = size(picture.jpeg)
        except NotAFrame:
            return
        self._sizes[wide_high] = self._sizes.get(wide_high, 0) + 1

    def lines(self) -> list[str]:
        """Nothing where no picture came."""
        if self.last is None:
            return []
        count, total = len(self._bytes), sum(self._bytes)
        mean, least, most = (size / 1e3 for size in (total / count, min(self._bytes), max(self._bytes)))
        first_s = self._first_s - self._began_s
        lines = {
            "pictures": f"{count} in {self._lasted_s:.1f} s, the first after {first_s:.1f} s",
            "size": ", ".join(f"{width}x{height}" for width, height in self._sizes) or "not known",
            "rate": f"{self._fps:.1f} per second" if self._fps else "not known: one picture came",
            "comes as": self._comes_as(self.last),
            "per picture": f"{mean:.1f} KB ({least:.1f} to {most:.1f})",
        }
        if self._fps:
            lines["altogether"] = f"{mean * self._fps * 8 / 1e3:.2f} Mbit/s"
        if (turned := orientation(self.last.jpeg)) != 1:
            lines["orientation"] = f"{turned} in its EXIF: stored turned or mirrored, and shown upright"
        if self.skipped:
            lines["skipped"] = f"{self.skipped}: broken, or more than can be encoded here"
        return [f"  {name:<12} {text}" for name, text in lines.items()]

    @property
    def _lasted_s(self) -> float:
        return self._last_s - self._first_s

    @property
    def _fps(self) -> float:
        return (len(self._bytes) - 1) / self._lasted_s if self._lasted_s > 0 else 0.0

    def _comes_as(self, picture: Picture) -> str:
        if picture.encoded_from:
            return f"{picture.encoded_from}; it is encoded here, as JPEG of quality {self._quality}"
        return "JPEG; it passes through as it is, neither decoded nor encoded"
