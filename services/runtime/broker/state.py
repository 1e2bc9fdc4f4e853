"""The broker's memory as one file: sessions, what is owed to them, and retained messages."""

import base64
import json
import os
from collections.abc import Sequence
from dataclasses import astuple
from pathlib import Path
from typing import Any, Final

from services.runtime.broker.hub import Hub
from services.runtime.broker.packets import FOREVER, Message, Subscription
from services.runtime.broker.session import Delivery, Session
from services.runtime.broker.wire import Buffer

_MAGIC: Final = b"nightjar broker 1\n"


class UnreadableState(ValueError):
    """The file is not one of ours, or is cut off."""


def dump(hub: Hub, now: float, wall: float, largest: int | None = None) -> list[Buffer]:
    """The parts of the file, in order; payloads are referred to, not copied.

    `largest` leaves out messages with a larger payload (bytes). What is owed to sessions is bounded by
    `queue_bytes` of the hub's limits, all sessions together. `wall` is the time in UTC seconds.
    """
    writer = _Writer(wall - now, largest)
    retained = [n for m in hub.retained if (n := writer.number(m)) is not None]
    writer.room = hub.limits.queue_bytes
    sessions = [_session(s, writer) for s in hub.sessions.values() if s.durable]
    head = json.dumps({"messages": writer.messages, "retained": retained, "sessions": sessions}).encode()
    return [_MAGIC, len(head).to_bytes(8, "big"), head, *writer.payloads]


def load(hub: Hub, data: bytes, now: float, wall: float) -> None:
    """Fills an empty hub with what `dump` wrote. Raises `UnreadableState`, with the hub as it was."""
    try:
        head, messages = _parse(data, now - wall)
        retained = [messages[n] for n in head["retained"]]
        owed = [(s, [_delivery(row, messages) for row in s["waiting"]]) for s in head["sessions"]]
        wishes = [{f: Subscription(*row) for f, row in s["subscriptions"].items()} for s in head["sessions"]]
    except (ValueError, KeyError, IndexError, TypeError) as error:
        raise UnreadableState(f"the broker's state cannot be read: {error}") from error
    for message in retained:
        hub.retained.put(message)
    for (saved, waiting), subscriptions in zip(owed, wishes, strict=True):
        session = hub.make_session(saved["client_id"], saved["user"])
        session.expiry_s, session.receiving = saved["expiry_s"], set(saved["receiving"])
        if session.expiry_s != FOREVER:
            left_at = saved["expires_at"]
            session.expires_at = now + session.expiry_s if left_at is None else left_at + now - wall
        hub.restore(session, subscriptions, waiting)


def write(path: Path, parts: Sequence[Buffer]) -> None:
    """Replaces the file as a whole, on the disk when this returns. Raises `OSError`."""
    new = path.with_name(f".{path.name}.new")
    fd = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(fd, "wb") as file:
        file.writelines(parts)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


class _Writer:
    """Numbers messages, so that one that is owed to many stands in the file once."""

    def __init__(self, to_wall: float, largest: int | None) -> None:
        self.messages: list[dict[str, Any]] = []
        self.payloads: list[Buffer] = []
        self.room: int | None = None  # bytes that are left; None: no bound
        self.to_wall = to_wall
        self._largest = largest
        self._numbers: dict[int, int] = {}

    def number(self, message: Message) -> int | None:
        known = self._numbers.get(id(message))
        if known is not None:
            return known
        size = len(message.payload)
        if self._largest is not None and size > self._largest:
            return None
        if self.room is not None:
            if size > self.room:
                return None
            self.room -= size
        self.messages.append(
            {
                "topic": message.topic,
                "qos": message.qos,
                "retain": message.retain,
                "properties": base64.b64encode(message.properties).decode(),
                "expires_at": None if message.expires_at is None else message.expires_at + self.to_wall,
                "bytes": size,
            }
        )
        self.payloads.append(message.payload)
        self._numbers[id(message)] = len(self.messages) - 1
        return len(self.messages) - 1


def _session(session: Session, writer: _Writer) -> dict[str, Any]:
    waiting = ((writer.number(d.message), d) for d in session.waiting())
    return {
        "client_id": session.client_id,
        "user": session.user,
        "expiry_s": session.expiry_s,
        "expires_at": None if session.expires_at is None else session.expires_at + writer.to_wall,
        "subscriptions": {pattern: astuple(wish) for pattern, wish in session.subscriptions.items()},
        "receiving": sorted(session.receiving),
        "waiting": [[n, d.retain, d.ids, d.packet_id] for n, d in waiting if n is not None],
    }


def _parse(data: bytes, from_wall: float) -> tuple[dict[str, Any], list[Message]]:
    start = len(_MAGIC) + 8
    if data[: len(_MAGIC)] != _MAGIC or len(data) < start:
        raise ValueError("it does not begin as one")
    at = start + int.from_bytes(data[len(_MAGIC) : start], "big")
    head = json.loads(data[start:at])
    messages = []
    for row in head["messages"]:
        end = at + row["bytes"]
        expires_at = None if row["expires_at"] is None else row["expires_at"] + from_wall
        properties = base64.b64decode(row["properties"])
        messages.append(
            Message(row["topic"], data[at:end], row["qos"], row["retain"], properties, expires_at)
        )
        at = end
    if at != len(data):
        raise ValueError("it is cut off")
    return head, messages


def _delivery(row: list[Any], messages: list[Message]) -> Delivery:
    number, retain, ids, packet_id = row
    return Delivery(messages[number], retain, tuple(ids), packet_id)
