"""Another machine, as the network sees it: a namespace with a cable to here, which can be pulled out."""

import ipaddress
import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest


class OtherMachine:
    """`here` is this machine's address on the cable. Skips where there is no root, or no `ip`."""

    def __init__(self) -> None:
        if os.geteuid() != 0 or not shutil.which("ip"):
            pytest.skip("a network of its own needs root, and the command ip")
        name, self._net = f"nj{secrets.token_hex(4)}", secrets.randbelow(1 << 15)
        self._name, self._near, self._far = name, f"{name}a", f"{name}b"
        self.here = self._address(1)

    def __enter__(self) -> "OtherMachine":
        if subprocess.run(["ip", "netns", "add", self._name], capture_output=True, check=False).returncode:
            pytest.skip("this machine makes no networks")
        _ip("link", "add", self._near, "type", "veth", "peer", "name", self._far, "netns", self._name)
        _ip("address", "add", f"{self.here}/30", "dev", self._near)
        _ip("link", "set", self._near, "up")
        _ip("-n", self._name, "address", "add", f"{self._address(2)}/30", "dev", self._far)
        _ip("-n", self._name, "link", "set", self._far, "up")
        return self

    def __exit__(self, *_: object) -> None:
        _ip("link", "delete", self._near)
        _ip("netns", "delete", self._name)

    @contextmanager
    def python(self, program: str, *words: str) -> Iterator[subprocess.Popen[str]]:
        """A program that runs there until the block ends."""
        command = ["ip", "netns", "exec", self._name, sys.executable, "-c", program, *words]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            try:
                yield process
            finally:
                process.kill()

    def vanish(self) -> None:
        """The cable is pulled out there: nothing comes or goes any more, and nobody is told."""
        _ip("-n", self._name, "link", "set", self._far, "down")

    def _address(self, host: int) -> str:
        """In one of 32768 networks of two hosts within 198.18.0.0/15, meant for such tests (RFC 2544)."""
        return str(ipaddress.ip_address("198.18.0.0") + 4 * self._net + host)


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)
