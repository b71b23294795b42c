# SPDX-License-Identifier: Apache-2.0
"""A wire that a test can hold: TCP through this process, which sees only TLS."""

import contextlib
import socket
import threading

PIECE_BYTES = 64 << 10


class Wire:
    """Takes connections at `port` and carries them to `target`, on threads, until it is closed."""

    def __init__(self, port, target):
        self.target = target
        self.lock = threading.Condition()
        self.carried = {"target": 0, "client": 0}  # bytes by whither, since the last hold_after, under lock
        self.most = {}  # how many may pass, by whither, under lock; all if not there
        self.pause = None  # seconds between two bytes, under lock; None: all pass as they come
        self.length = 0  # seconds that each piece takes, under lock
        self.open = set()  # sockets, under lock
        self.listener = socket.create_server(("127.0.0.1", port))
        threading.Thread(target=self._accept, daemon=True).start()

    def hold_after(self, count, towards="target"):
        """From now on about so many bytes pass that way, and no more until release()."""
        with self.lock:
            self.carried[towards] = 0
            self.most[towards] = count

    def holds(self):
        with self.lock:
            return any(self.carried[towards] >= most for towards, most in self.most.items())

    def release(self):
        with self.lock:
            self.most = {}
            self.lock.notify_all()

    def vanish(self):
        """From now on nothing passes, either way, and nobody is told."""
        self.hold_after(0, "target")
        self.hold_after(0, "client")

    def trickle(self, pause):
        """From now on one byte passes every `pause` seconds, either way."""
        with self.lock:
            self.pause = pause

    def lengthen(self, seconds):
        """From now on whatever passes takes so long, either way."""
        with self.lock:
            self.length = seconds

    def cut(self):
        """Breaks all connections; those that are made after it are not held."""
        with self.lock:
            # Before what is held may go on, so that none of it passes any more.
            for end in self.open:
                shut(end)
            self.open, self.most, self.pause = set(), {}, None
            self.lock.notify_all()

    def close(self):
        shut(self.listener)
        self.listener.close()
        self.cut()

    def _accept(self):
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            try:
                far = socket.create_connection(("127.0.0.1", self.target), timeout=10)
                far.settimeout(None)
            except OSError:
                near.close()
                continue
            with self.lock:
                self.open |= {near, far}
            threading.Thread(target=self._connect, args=(near, far), daemon=True).start()

    def _connect(self, near, far):
        forth = threading.Thread(target=self._carry, args=(near, far, "target"), daemon=True)
        back = threading.Thread(target=self._carry, args=(far, near, "client"), daemon=True)
        for thread in (forth, back):
            thread.start()
        for thread in (forth, back):
            thread.join()
        with self.lock:
            self.open -= {near, far}
        near.close()
        far.close()

    def _carry(self, source, sink, towards):
        for end in (source, sink):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with contextlib.suppress(OSError):
            while piece := source.recv(PIECE_BYTES):
                self._admit(len(piece), towards)
                with self.lock:
                    if self.length > 0:
                        self.lock.wait(self.length)
                while piece:
                    with self.lock:
                        slow = self.pause is not None
                        if slow:
                            self.lock.wait(self.pause)
                    sink.sendall(piece[:1] if slow else piece)
                    piece = piece[1:] if slow else b""
        # Either side's end is the end of both, as if the wire were not there.
        shut(source)
        shut(sink)

    def _admit(self, count, towards):
        with self.lock:
            self.lock.wait_for(lambda: self.carried[towards] < self.most.get(towards, float("inf")))
            self.carried[towards] += count


def shut(end):
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
