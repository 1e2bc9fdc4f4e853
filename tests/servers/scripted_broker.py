"""A broker that does as a test tells it: refuses, withholds acknowledgements, hangs up."""

import contextlib
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from services.runtime.broker import properties, wire
from services.runtime.broker.framing import Framer, Packet
from services.runtime.broker.packets import ack, parse_connect, parse_publish, parse_subscribe
from services.runtime.broker.wire import V5, Kind, Reason


def accepted(version: int, *props: bytes) -> bytes:
    return answered(version, 0, *props)


def answered(version: int, code: int, *props: bytes) -> bytes:
    """A CONNACK in the words of that version."""
    return wire.packet(Kind.CONNACK, bytes((0, code)) + (properties.block(props) if version == V5 else b""))


@dataclass(slots=True)
class Script:
    """What the broker does; `on_connect` gets the client's version and returns its answer, None hangs up."""

    on_connect: Callable[[int], bytes | None] = accepted
    silent: bool = False  # takes everything, and answers nothing at all
    acknowledges: bool = True
    subscribes: bool = True  # at once; else when what is withheld is released
    publish_reason: Reason = Reason.SUCCESS
    subscribe_reason: Reason = Reason.SUCCESS
    versions: list[int] = field(default_factory=list)
    published: list[tuple[str, bytes]] = field(default_factory=list)


class ScriptedBroker:
    """On a port of 127.0.0.1, with a thread per client. Used with `with`."""

    def __init__(self, script: Script) -> None:
        self._script = script
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        self._clients: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept, name="scripted-broker", daemon=True)]
        self._withheld: list[tuple[socket.socket, bytes]] = []

    def __enter__(self) -> "ScriptedBroker":
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        for client in self._clients:
            with contextlib.suppress(OSError):
                client.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(10)
            assert not thread.is_alive()

    @property
    def withheld(self) -> int:
        """Answers."""
        return len(self._withheld)

    def release(self) -> None:
        """Answers what was withheld."""
        withheld, self._withheld = self._withheld, []
        for client, answer in withheld:
            client.sendall(answer)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._server.accept()
            except OSError:
                return
            self._clients.append(client)
            thread = threading.Thread(target=self._serve, args=(client,), name="scripted-client", daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, client: socket.socket) -> None:
        framer, version = Framer(memoryview(bytearray(65536)), 1 << 24), [0]
        with client, contextlib.suppress(OSError):
            while count := client.recv_into(framer.target):
                for packet in framer.received(count):
                    if not self._script.silent and not self._answer(client, packet, version):
                        return

    def _answer(self, client: socket.socket, packet: Packet, version: list[int]) -> bool:
        """Whether the connection goes on."""
        script, kind, answer = self._script, packet.first >> 4, b""
        if kind == Kind.CONNECT:
            version[0] = packet.body[6]  # behind the protocol's name
            script.versions.append(version[0])
            said = script.on_connect(version[0])
            if said is None:
                return False
            parse_connect(packet.body)
            answer = said
        elif kind == Kind.PUBLISH:
            message, packet_id = parse_publish(packet.first, packet.body, version[0], 0)
            script.published.append((message.topic, bytes(message.payload)))
            if packet_id:
                answer = ack(Kind.PUBACK, packet_id, version[0], script.publish_reason)
            if not script.acknowledges:
                self._withheld.append((client, answer))
                answer = b""
        elif kind == Kind.SUBSCRIBE:
            asked = parse_subscribe(packet.body, version[0])
            head = asked.packet_id.to_bytes(2, "big") + (b"\0" if version[0] == V5 else b"")
            answer = wire.packet(Kind.SUBACK, head + bytes([script.subscribe_reason] * len(asked.wishes)))
            if not script.subscribes:
                self._withheld.append((client, answer))
                answer = b""
        elif kind == Kind.PINGREQ:
            answer = wire.packet(Kind.PINGRESP, b"")
        elif kind == Kind.DISCONNECT:
            return False
        if answer:
            client.sendall(answer)
        return True
