# SPDX-License-Identifier: Apache-2.0
"""What hosts sent: every frame that left their interfaces, and the bytes of every TCP connection put together."""

import selectors
import socket
import struct
import threading
from dataclasses import dataclass, field

ETH_P_ALL, ETH_P_IP, ETH_P_ARP = 3, 0x0800, 0x0806
SO_RCVBUFFORCE, SOL_PACKET, PACKET_STATISTICS = 33, 263, 6
PACKET_OUTGOING = 4
BUFFER_BYTES = 256 << 20
FRAME_BYTES = 128 << 10
TCP = 6
FIN, SYN, RST, ACK = 1, 2, 4, 16


@dataclass
class Stream:
    """One direction of a connection: what `source` sent to `target`, each an address and a port."""

    source: tuple
    target: tuple
    opened: bool = False  # it sent the first SYN
    start: int | None = None  # number of its first byte
    pieces: list = field(default_factory=list)

    def data(self):
        """Its bytes, in order and once; fails if the capture lacks some of them."""
        whole = bytearray()
        placed = sorted((((number - self.start) & 0xFFFFFFFF, piece) for number, piece in self.pieces), key=lambda p: p[0])
        for at, piece in placed:
            assert at <= len(whole), f"{self}: {at - len(whole)} bytes were not captured"
            whole += piece[len(whole) - at :]
        return bytes(whole)

    def __str__(self):
        return "{}:{} to {}:{}".format(*self.source, *self.target)


class Captured:
    """Frames, looked at."""

    def __init__(self):
        self.streams = {}  # (source, target) -> [Stream, …]: one after the other if ports are used again
        self.others = []  # what is neither ARP nor TCP, in words
        self.payload_bytes = {}  # (source address, target address) -> of all TCP segments

    def all_streams(self):
        return [stream for streams in self.streams.values() for stream in streams]

    def connections(self):
        """Pairs of streams: of who opened it, and the answer, which may be missing."""
        for (source, target), streams in self.streams.items():
            answers = self.streams.get((target, source), [])
            for i, stream in enumerate(streams):
                if stream.opened:
                    yield stream, answers[i] if i < len(answers) else None

    def sent(self, host):
        """Bytes of payload that left a host."""
        return sum(count for (source, _), count in self.payload_bytes.items() if source == host.address)

    def add(self, host, frame):
        kind = struct.unpack_from(">H", frame, 12)[0]
        if kind == ETH_P_ARP:
            return
        if kind != ETH_P_IP:
            self.others.append(f"{host.name} sent a frame of type {kind:#06x}")
            return
        header = (frame[14] & 15) * 4
        length, fragment, protocol = struct.unpack_from(">2xH2xHxB", frame, 14)
        source, target = (socket.inet_ntoa(frame[at : at + 4]) for at in (26, 30))
        if protocol != TCP or fragment & 0x3FFF:
            self.others.append(f"{host.name} sent protocol {protocol} from {source} to {target}")
            return
        if source != host.address:
            self.others.append(f"{host.name} sent as {source} to {target}")
        # Segments that the interface is to cut may state no length.
        packet = frame[14 : 14 + length] if length else frame[14:]
        self._add_segment(source, target, packet[header:])

    def _add_segment(self, source, target, segment):
        near, far, number, _, offset, flags = struct.unpack_from(">HHIIBB", segment)
        key = ((source, near), (target, far))
        streams = self.streams.setdefault(key, [])
        if flags & SYN:
            start = (number + 1) & 0xFFFFFFFF
            if not streams or streams[-1].start != start:
                streams.append(Stream(*key, opened=not flags & ACK, start=start))
            return
        payload = segment[(offset >> 4) * 4 :]
        if not payload:
            return
        self.payload_bytes[source, target] = self.payload_bytes.get((source, target), 0) + len(payload)
        if not streams:
            self.others.append("the capture lacks the beginning of {}:{} to {}:{}".format(*key[0], *key[1]))
            return
        streams[-1].pieces.append((number, payload))


class Capture:
    """Listens at every host's interface from its making to stop()."""

    def __init__(self, hosts):
        self.frames = []  # (host, frame)
        self.selector = selectors.DefaultSelector()
        self.sockets = []
        for host in hosts:
            with host.inside():
                listener = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
                listener.bind(("eth0", ETH_P_ALL))
            listener.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, BUFFER_BYTES)
            listener.setblocking(False)
            self.sockets.append(listener)
            self.selector.register(listener, selectors.EVENT_READ, host)
        self.stopping, self.wake = socket.socketpair()
        self.selector.register(self.stopping, selectors.EVENT_READ, None)
        self.thread = threading.Thread(target=self._listen, daemon=True)
        self.thread.start()

    def stop(self):
        """Answers what was captured; fails if any frame was lost."""
        self.wake.close()
        self.thread.join()
        lost = 0
        for listener in self.sockets:
            lost += struct.unpack("II", listener.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8))[1]
            listener.close()
        self.stopping.close()
        self.selector.close()
        assert lost == 0, f"the capture lost {lost} frames"
        captured = Captured()
        for host, frame in self.frames:
            captured.add(host, frame)
        return captured

    def _listen(self):
        stopping = False
        while not stopping:
            ready = [key for key, _ in self.selector.select()]
            stopping = any(key.data is None for key in ready)
            # What arrived before it was told to stop is taken in all the same.
            for key in ready if not stopping else list(self.selector.get_map().values()):
                if key.data is not None:
                    self._take(key.fileobj, key.data)

    def _take(self, listener, host):
        while True:
            try:
                frame, address = listener.recvfrom(FRAME_BYTES)
            except BlockingIOError:
                return
            # What comes in has left another host.
            if address[2] == PACKET_OUTGOING:
                self.frames.append((host, frame))
