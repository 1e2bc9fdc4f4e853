"""What a broker has done so far: plain numbers that any thread may read."""

from dataclasses import dataclass


@dataclass(slots=True)
class Stats:
    """Counters since the start; `connections` and `sessions` are what is there now.

    Messages and bytes are those of PUBLISH packets; a message to three subscribers goes out three times.
    """

    connections: int = 0
    sessions: int = 0
    refused: int = 0
    messages_in: int = 0
    messages_out: int = 0
    bytes_in: int = 0
    bytes_out: int = 0
    dropped_qos0: int = 0  # for clients that did not read
    dropped_queue: int = 0  # QoS 1, for sessions whose queue was full
    dropped_retained: int = 0  # not kept, since the retained messages have reached their bound
    denied: int = 0  # publishes that the ACL did not allow

    @property
    def dropped(self) -> int:
        return self.dropped_qos0 + self.dropped_queue + self.dropped_retained
