"""The floor of a live stream: an epoll loop that sends each picture's memory file to every socket."""

import os
import select
import socket
import time
from datetime import UTC, datetime

from services.gateway.pictures.picture import OPENING, Picture

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=nightjar\r\n\r\n" + OPENING


def serve(listener: socket.socket, jpegs: list[bytes], fps: float) -> None:
    """For ever. Requests are not read, and a viewer who cannot take a picture misses the rest of it."""
    epoll = select.epoll()
    listener.setblocking(False)
    epoll.register(listener.fileno(), select.EPOLLIN)
    viewers: dict[int, socket.socket] = {}
    due, number = time.monotonic(), 0
    while True:
        for fd, events in epoll.poll(max(0.0, due - time.monotonic())):
            if fd == listener.fileno():
                sock, _ = listener.accept()
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                sock.setblocking(False)
                sock.sendall(HEAD)
                viewers[sock.fileno()] = sock
                epoll.register(sock.fileno(), select.EPOLLRDHUP)
            elif events & (select.EPOLLRDHUP | select.EPOLLHUP | select.EPOLLERR):
                viewers.pop(fd).close()
        if time.monotonic() < due:
            continue
        due = max(due + 1 / fps, time.monotonic())
        number += 1
        pieces = Picture(jpegs[number % len(jpegs)], datetime.now(UTC), number).pieces
        file = os.memfd_create("picture")
        size = os.writev(file, pieces)
        for fd in viewers:
            try:
                os.sendfile(fd, file, 0, size)
            except OSError:  # no room, or gone
                continue
        os.close(file)
