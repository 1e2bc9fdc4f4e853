"""What a camera's viewers were given, and what they could not take."""

from dataclasses import dataclass


@dataclass(slots=True)
class Tally:
    """Pictures times viewers, since the gateway's start; of those alone who want every picture it skips."""

    shown: int = 0
    skipped: int = 0

    def passed_over(self, before: int, now: int) -> None:
        """A viewer's last picture had one number, and this one has another; 0 is that of none."""
        if before and now - before > 1:
            self.skipped += now - before - 1
