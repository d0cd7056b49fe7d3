"""A TCP proxy on loopback that breaks connections, to see who copes."""

from __future__ import annotations

import contextlib
import socket
import threading


class FaultProxy:
    """Forwards to a port of 127.0.0.1. After `cut_after` bytes from the server (None: never) the
    connection is reset, for the first `cuts` connections. `silent` accepts and never answers."""

    def __init__(
        self, target: int, *, cut_after: int | None = None, cuts: int = 1, silent: bool = False
    ) -> None:
        self.target = target
        self.cut_after = cut_after
        self.cuts = cuts
        self.silent = silent
        self.connections = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self.port: int = self._listener.getsockname()[1]

    def __enter__(self) -> FaultProxy:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._listener.close()
        for connection in self._open:
            self._drop(connection)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                self.connections += 1
                self._open.append(client)
                if not self.silent:
                    self._join(client, will_cut=self.connections <= self.cuts)

    def _join(self, client: socket.socket, *, will_cut: bool) -> None:
        server = socket.create_connection(("127.0.0.1", self.target))
        self._open.append(server)
        limit = self.cut_after if will_cut else None
        for source, sink, most in ((client, server, None), (server, client, limit)):
            threading.Thread(target=self._copy, args=(source, sink, most), daemon=True).start()

    def _copy(self, source: socket.socket, sink: socket.socket, most: int | None) -> None:
        copied = 0
        with contextlib.suppress(OSError):
            while data := source.recv(16_384):
                copied += len(data)
                if most is not None and copied > most:
                    break
                sink.sendall(data)
        self._drop(source)
        self._drop(sink)

    @staticmethod
    def _drop(connection: socket.socket) -> None:
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)
        connection.close()
