"""What a live viewer costs, beside a bare loop of sendfile: processor time, age of pictures, and memory.

The gateway runs on one core; viewers, broker and camera on the other. Pictures have 50 KB and come ten times
a second. Floor and gateway take turns, several rounds; the goal is on the median of the rounds' ratios.

`--peer URL --peer-pid PID` measures another server in the same rounds, whose streams are multipart with
Content-Length; pin it to the first core (`taskset -c 0`). `--only cost|age|memory|pages` runs a part.
"""

import argparse
import contextlib
import json
import multiprocessing
import os
import socket
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from argon2 import PasswordHasher

from benchmarks import bare_fanout
from benchmarks.crowd import Crowd, Pages
from services.contract.frame import FrameId, stamp
from services.contract.settings import Settings
from services.contract.topics import LIVE, Topics
from services.gateway.service import GatewayService
from services.runtime.broker import Broker, Rule, User
from services.runtime.mqtt import BrokerAddress, Link
from tests.runners import free_port

GOALS = {200: 1.5, 1000: 1.3, 2000: 1.3}
ROUNDS, SECONDS, SETTLE_S = 3, 5.0, 1.0
FRAME, FPS = 50_000, 10.0
AGE_VIEWERS, AGE_S = 500, 15.0
MEMORY_VIEWERS, COMINGS = 2000, 10_000
PAGES = 200
SERVER_CORE, CLIENT_CORE = {0}, {1}

_SPAWN = multiprocessing.get_context("spawn")


@dataclass(frozen=True, slots=True)
class Server:
    name: str
    url: str
    pid: int

    def cpu_s(self) -> float:
        """Processor time of all its threads so far."""
        tasks = Path(f"/proc/{self.pid}/task").glob("*/schedstat")
        return sum(int(task.read_text().split()[0]) for task in tasks) / 1e9

    def resident(self) -> int:
        """Bytes that are in memory."""
        return int(Path(f"/proc/{self.pid}/statm").read_text().split()[1]) * 4096


# -- the world ---------------------------------------------------------------------------------------------


def jpeg(sequence: int) -> bytes:
    filling = b"\xff\xfe" + (FRAME - 200).to_bytes(2, "big") + bytes(FRAME - 202)
    return stamp(b"\xff\xd8" + filling + b"\xff\xd9", FrameId("door", 0xAB, sequence, datetime.now(UTC)))


def bare(port: int) -> None:
    os.sched_setaffinity(0, SERVER_CORE)
    listener = socket.create_server(("127.0.0.1", port), backlog=4096)
    bare_fanout.serve(listener, [jpeg(n) for n in range(4)], FPS)


def broker(port: int) -> None:
    os.sched_setaffinity(0, CLIENT_CORE)
    users = {"u": User(lambda password: password == b"p", (Rule("readwrite", "#"),))}
    Broker(("127.0.0.1", port), users, None).run(threading.Event())


def camera(port: int) -> None:
    os.sched_setaffinity(0, CLIENT_CORE)
    link = Link(BrokerAddress("127.0.0.1", port, "u", "p"), "camera")
    threading.Thread(target=link.run, args=(threading.Event(),), daemon=True).start()
    topic, due, sequence = Topics("nightjar").frames("door", LIVE), time.monotonic(), 0
    while True:
        due += 1 / FPS
        time.sleep(max(0.0, due - time.monotonic()))
        link.flash(topic, jpeg(sequence := sequence + 1))


def gateway(mqtt: int, port: int) -> None:
    os.sched_setaffinity(0, SERVER_CORE)
    with tempfile.TemporaryDirectory() as folder:
        given = {
            "gateway": {
                "listen": f"127.0.0.1:{port}",
                "password_hash": PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("p"),
                "max_viewers": 100_000,
            },
            "archive": {"url": Path(folder, "archive").as_uri()},
            "state_dir": folder,
            "cameras": {"door": {"url": "demo:"}},
        }
        GatewayService(Settings.model_validate(given), BrokerAddress("127.0.0.1", mqtt, "u", "p")).run(
            threading.Event()
        )


@contextlib.contextmanager
def running(what: Callable[..., None], *arguments: int) -> Iterator[int]:
    """A process of its own; gives its id."""
    process = _SPAWN.Process(target=what, args=arguments, daemon=True)
    process.start()
    try:
        yield process.pid or 0
    finally:
        process.kill()
        process.join()


@contextlib.contextmanager
def world() -> Iterator[tuple[Server, Server]]:
    """The gateway with its broker and a camera, and the floor beside it."""
    mqtt, http, floor = free_port(), free_port(), free_port()
    with (
        running(broker, mqtt),
        running(camera, mqtt),
        running(gateway, mqtt, http) as ours,
        running(bare, floor) as theirs,
    ):
        _wait_for(http)
        _wait_for(floor)
        yield (
            Server("gateway", f"http://admin:p@127.0.0.1:{http}/stream.jpg", ours),
            Server("floor", f"http://127.0.0.1:{floor}/", theirs),
        )


def _wait_for(port: int) -> None:
    until = time.monotonic() + 30
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)
        else:
            return


# -- what is measured --------------------------------------------------------------------------------------


def cost_us(server: Server, viewers: int, crowd_of: type[Crowd] = Crowd) -> float:
    """Microseconds of processor time per viewer and picture."""
    with crowd_of(server.url, viewers) as crowd:
        crowd.count(SETTLE_S)
        before = server.cpu_s()
        counted = crowd.count(SECONDS)
        cost = (server.cpu_s() - before) / counted.parts * 1e6
    print(
        f"  {server.name:<8} {viewers:>5} viewers: {cost:6.2f} µs, "
        f"{counted.median_fps:5.2f} fps each (slowest {counted.slowest_fps:.2f}), "
        f"{counted.part_bytes / 1000:.1f} KB a picture",
        flush=True,
    )
    return cost


def costs(servers: list[Server], viewers: int) -> dict[str, list[float]]:
    """By server, round by round; of a peer who cannot have so many viewers, none."""
    found: dict[str, list[float]] = {server.name: [] for server in servers}
    for _ in range(ROUNDS):
        for server in servers:
            try:
                found[server.name].append(cost_us(server, viewers))
            except (TimeoutError, ConnectionError) as error:
                if server.name != "peer":
                    raise
                print(f"  {server.name:<8} {viewers:>5} viewers: {error}", flush=True)
    return found


def pages(server: Server) -> dict[str, float | None]:
    """The same viewers as pages have them, over WebSockets, beside those of a plain stream."""
    page = replace(server, name="page", url=server.url.replace("/stream.jpg", "/cameras/door/stream.ws"))
    rounds = [(cost_us(server, PAGES), cost_us(page, PAGES, Pages)) for _ in range(ROUNDS)]
    plain, websocket = zip(*rounds, strict=True)
    return {"viewers": PAGES, "plain_us": median(list(plain)), "websocket_us": median(list(websocket))}


def ratio(found: dict[str, list[float]], name: str) -> float | None:
    pairs = zip(found[name], found["floor"], strict=False)
    return median([ours / floor for ours, floor in pairs])


def median(values: list[float]) -> float | None:
    return round(statistics.median(values), 2) if values else None


def memory(server: Server) -> dict[str, float]:
    """KB per viewer, and what thousands who came and went have left behind."""
    with Crowd(server.url, 50):  # what is loaded with the first of them
        time.sleep(SETTLE_S)
    before = server.resident()
    with Crowd(server.url, MEMORY_VIEWERS) as crowd:
        crowd.count(2 * SETTLE_S)
        while_they_watch = server.resident()
    residents = []
    for _ in range(COMINGS // MEMORY_VIEWERS):
        with Crowd(server.url, MEMORY_VIEWERS) as crowd:
            crowd.count(SETTLE_S)
        time.sleep(SETTLE_S)
        residents.append(server.resident())
    return {
        "kb_per_viewer": round((while_they_watch - before) / MEMORY_VIEWERS / 1000, 1),
        "mb_before": round(before / 1e6, 1),
        "mb_after_2000": round(residents[0] / 1e6, 1),
        "mb_after_10000": round(residents[-1] / 1e6, 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--peer", metavar="URL", help="another server's stream")
    parser.add_argument("--peer-pid", type=int, metavar="PID", help="its process")
    parser.add_argument("--only", choices=["cost", "age", "memory", "pages"])
    asked = parser.parse_args()
    os.sched_setaffinity(0, CLIENT_CORE)
    answer: dict[str, object] = {"name": "viewers"}
    with world() as (ours, floor):
        servers = [floor, ours]
        if asked.only in (None, "memory"):  # before others have made it grow
            answer["memory"] = memory(ours)
            print(f"  memory {answer['memory']}", flush=True)
        if asked.peer:
            servers.append(Server("peer", asked.peer, asked.peer_pid))
        if asked.only in (None, "cost"):
            found = {viewers: costs(servers, viewers) for viewers in GOALS}
            names = [server.name for server in servers]
            medians = {
                viewers: {name: median(rounds[name]) for name in names} for viewers, rounds in found.items()
            }
            answer |= {
                "measured": {viewers: us["gateway"] for viewers, us in medians.items()},
                "floor": {viewers: us["floor"] for viewers, us in medians.items()},
                "ratio": {viewers: ratio(rounds, "gateway") for viewers, rounds in found.items()},
                "goal": GOALS,
                "unit": "µs of processor time per viewer and picture",
            }
            if asked.peer:
                answer["peer"] = {viewers: us["peer"] for viewers, us in medians.items()}
                answer["peer_ratio"] = {viewers: ratio(rounds, "peer") for viewers, rounds in found.items()}
        if asked.only in (None, "pages"):
            answer["pages"] = pages(ours)
        if asked.only in (None, "age"):
            for name, server in (("age", ours), ("age_of_floor", floor)):
                with Crowd(server.url, AGE_VIEWERS) as crowd:
                    crowd.ages(SETTLE_S)
                    answer[name] = asdict(crowd.ages(AGE_S))
                print(f"  {name} {answer[name]}", flush=True)
    print(json.dumps(answer, ensure_ascii=False))


if __name__ == "__main__":
    main()
