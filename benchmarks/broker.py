"""How fast the embedded broker carries frames, beside mosquitto: 60 KB at QoS 1, one to one.

Each broker is a process of its own; the rounds alternate, since the machine is never alone. Publisher and
subscriber are one lean client on raw sockets, so that it is not the client that is measured; it keeps at most
`AHEAD` messages under way.
"""

import contextlib
import json
import multiprocessing
import os
import selectors
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from services.runtime.broker import Broker, Rule, User, wire
from services.runtime.broker.framing import Framer, Packet
from services.runtime.broker.packets import Message, ack, publish_head
from services.runtime.broker.wire import V3, Kind
from tests.runners import free_port

GOAL_MB_S = 150
ROUNDS = 5
AHEAD = 40
FRAME, FRAMES = 60_000, 3_000
SMALL, SMALLS = 100, 20_000
MOSQUITTO_IMAGE = os.environ.get("MOSQUITTO_IMAGE", "eclipse-mosquitto:2")


@dataclass(frozen=True, slots=True)
class Server:
    name: str
    port: int
    pid: int

    def cpu_s(self) -> float:
        """Processor time it has used so far; 0 where the system does not tell."""
        stat = Path(f"/proc/{self.pid}/stat")
        if not stat.exists():
            return 0.0
        fields = stat.read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Client:
    """One blocking MQTT 3.1.1 connection."""

    def __init__(self, port: int, name: str) -> None:
        self.sock = socket.create_connection(("127.0.0.1", port))
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._framer = Framer(memoryview(bytearray(256 * 1024)), 1 << 24)
        connect = (
            wire.text("MQTT") + bytes((V3, 0xC2, 0, 0)) + wire.text(name) + wire.text("u") + wire.text("p")
        )
        self.sock.sendall(wire.packet(Kind.CONNECT, connect))
        self.expect(Kind.CONNACK)

    def receive(self) -> Iterator[Packet]:
        count = self.sock.recv_into(self._framer.target)
        if not count:
            raise ConnectionError("the broker closed the connection")
        return self._framer.received(count)

    def expect(self, kind: Kind) -> None:
        packet = next(self.receive())
        if packet.first >> 4 != kind:
            raise ConnectionError(f"expected {kind.name}, got {packet}")


def carry(port: int, size: int, count: int, qos: int) -> float:
    """Seconds that `count` messages of `size` bytes take from the first publish to the last delivery."""
    publisher, subscriber = Client(port, "bench-out"), Client(port, "bench-in")
    topic = wire.text("bench/frames")
    subscriber.sock.sendall(wire.packet(Kind.SUBSCRIBE, b"\0\1" + topic + bytes((qos,)), flags=2))
    subscriber.expect(Kind.SUBACK)
    message = Message("bench/frames", os.urandom(size), qos)
    selector = selectors.DefaultSelector()
    selector.register(publisher.sock, selectors.EVENT_READ, publisher)
    selector.register(subscriber.sock, selectors.EVENT_READ, subscriber)
    sent = received = 0
    begun = time.perf_counter()
    while received < count:
        burst = []
        while sent < count and sent - received < AHEAD:
            sent += 1
            burst += [publish_head(message, qos, sent % 65535 + 1, V3, 0, retain=False), message.payload]
        if burst:
            publisher.sock.sendall(b"".join(burst))
        for key, _ in selector.select():
            packets = list(key.data.receive())
            if key.data is subscriber:
                received += len(packets)
                if qos:
                    acks = (ack(Kind.PUBACK, _packet_id(p, topic), V3) for p in packets)
                    subscriber.sock.sendall(b"".join(acks))
    took = time.perf_counter() - begun
    publisher.sock.close()
    subscriber.sock.close()
    return took


def _packet_id(packet: Packet, topic: bytes) -> int:
    return int.from_bytes(packet.body[len(topic) : len(topic) + 2], "big")


def _serve(port: int) -> None:
    users = {"u": User(lambda password: password == b"p", (Rule("readwrite", "#"),))}
    Broker(("127.0.0.1", port), users, None).run(threading.Event())


@contextlib.contextmanager
def embedded() -> Iterator[Server]:
    port = free_port()
    process = multiprocessing.get_context("spawn").Process(target=_serve, args=(port,), daemon=True)
    process.start()
    try:
        _wait_for(port)
        yield Server("embedded", port, process.pid or 0)
    finally:
        process.terminate()
        process.join()


@contextlib.contextmanager
def mosquitto() -> Iterator[Server | None]:
    """A mosquitto on this machine's own network: the program where there is one, else its image."""
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        conf = Path(folder, "mosquitto.conf")
        conf.write_text(
            f"listener {port} 127.0.0.1\nallow_anonymous true\nset_tcp_nodelay true\n"
            "max_queued_messages 1000000\n"
        )
        Path(folder).chmod(0o755)
        program = shutil.which("mosquitto")
        in_docker = ["docker", "run", "--rm", "--network=host", f"-v{folder}:/conf:ro", MOSQUITTO_IMAGE]
        command = [program] if program else [*in_docker, "mosquitto"]
        try:
            process = subprocess.Popen(
                [*command, "-c", str(conf) if program else "/conf/mosquitto.conf"], stderr=subprocess.DEVNULL
            )
        except FileNotFoundError:
            yield None
            return
        try:
            yield Server("mosquitto", port, _listener(port) or process.pid) if _wait_for(port) else None
        finally:
            process.terminate()
            process.wait()


def _wait_for(port: int, seconds: float = 15) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return True
        time.sleep(0.05)
    return False


def _listener(port: int) -> int:
    """The process that was started for this port in a container; 0 where it cannot be seen."""
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if (folder / "comm").read_text() == "mosquitto\n" and _listens(folder, port):
                return int(folder.name)
    return 0


def _listens(process: Path, port: int) -> bool:
    sockets = {str(fd.readlink()) for fd in (process / "fd").iterdir()}
    rows = [row.split() for row in (process / "net/tcp").read_text().splitlines()[1:]]
    return any(r[1].endswith(f":{port:04X}") and r[3] == "0A" and f"socket:[{r[9]}]" in sockets for r in rows)


def _measure(server: Server, run: Callable[[int], float]) -> tuple[float, float]:
    before = server.cpu_s()
    return run(server.port), server.cpu_s() - before


def compare(servers: list[Server], size: int, count: int, qos: int) -> dict[str, float]:
    """Messages per second of each server: the median of the rounds."""
    rates: dict[str, list[float]] = {s.name: [] for s in servers}
    busy: dict[str, float] = {s.name: 0.0 for s in servers}
    for _ in range(ROUNDS):
        for server in servers:
            took, cpu_s = _measure(server, lambda port: carry(port, size, count, qos))
            rates[server.name].append(count / took)
            busy[server.name] += cpu_s
    medians = {name: statistics.median(found) for name, found in rates.items()}
    for name, rate in medians.items():
        cpu_us = busy[name] / ROUNDS / count * 1e6
        print(f"  {name:10} {rate:8.0f} messages/s {rate * size / 1e6:7.1f} MB/s {cpu_us:6.0f} us CPU each")
    return medians


def main() -> int:
    with embedded() as ours, mosquitto() as peer:
        servers = [ours] if peer is None else [ours, peer]
        if peer is None:
            print("there is no mosquitto here, neither the program nor the image: the embedded broker alone")
        for size, count, qos in ((SMALL, SMALLS, 0), (SMALL, SMALLS, 1), (FRAME, FRAMES, 1)):
            print(f"{ROUNDS} rounds of {count} messages of {size} bytes at QoS {qos}, one to one:")
            medians = compare(servers, size, count, qos)
    measured, floor = (round(medians.get(name, 0) * FRAME / 1e6, 1) for name in ("embedded", "mosquitto"))
    ratio = round(measured / floor, 2) if floor else None
    result = {
        "name": "broker",
        "measured": measured,
        "floor": floor or None,
        "ratio": ratio,
        "goal": GOAL_MB_S,
    }
    print(json.dumps(result))
    return 0 if measured >= GOAL_MB_S else 1


if __name__ == "__main__":
    sys.exit(main())
