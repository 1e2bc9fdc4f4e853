"""Our own broker as a program that tests can kill; its port is its argument, its files are where it runs."""

import signal
import sys
import threading
from pathlib import Path

from services.runtime.broker import Broker, read_users


def main() -> None:
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    users = read_users(Path("passwords").read_text(), Path("acl").read_text())
    Broker(("127.0.0.1", int(sys.argv[1])), users, Path("state")).run(stop)


if __name__ == "__main__":
    main()
