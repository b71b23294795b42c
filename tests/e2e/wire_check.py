# SPDX-License-Identifier: Apache-2.0
"""What may be on a wire: TLS 1.3 and nothing else, and nothing that is to stay unknown."""

import struct

import numpy as np

CHANGE_CIPHER_SPEC, HANDSHAKE, APPLICATION_DATA = 20, 22, 23
CLIENT_HELLO, SERVER_HELLO = 1, 2
SUPPORTED_VERSIONS = 43
TLS_1_0, TLS_1_2, TLS_1_3 = 0x0301, 0x0303, 0x0304
# TLS 1.3 allows 256 bytes more than its plaintext.
MOST_RECORD_BYTES = (1 << 14) + 256
HELLO_OF = {"client": CLIENT_HELLO, "server": SERVER_HELLO}


def check_tls(data, side):
    """What is wrong with what one `side` ("client", "server") of a connection sent, in words; None if nothing is.

    Only hellos are in plain: what TLS 1.2 shows of a handshake is not accepted, whatever its records say.
    """
    at, records = 0, 0
    while at < len(data):
        header = data[at : at + 5]
        kind = header[0]
        if kind not in (CHANGE_CIPHER_SPEC, HANDSHAKE, APPLICATION_DATA):
            return f"byte {at} begins no record of TLS 1.3: {bytes(header).hex()}"
        if len(header) < 5:
            return None  # cut in its header
        version, length = struct.unpack(">HH", header[1:])
        if version != TLS_1_2 and not (records == 0 and side == "client" and version == TLS_1_0):
            return f"the record at byte {at} states version {version:#06x}"
        if not 0 < length <= MOST_RECORD_BYTES:
            return f"the record at byte {at} has {length} bytes"
        body = data[at + 5 : at + 5 + length]
        if records == 0 and kind != HANDSHAKE:
            return f"it begins with a record of type {kind}, not with a hello"
        if kind == HANDSHAKE and len(body) == length and (wrong := check_hello(body, side)):
            return f"the record at byte {at}: {wrong}"
        if kind == CHANGE_CIPHER_SPEC and body not in (b"\x01", b""):
            return f"the record at byte {at} has type 20 and holds {len(body)} bytes"
        records += 1
        at += 5 + length
    return None


def check_hello(message, side):
    """A handshake message in plain is the side's hello, and knows no version but 1.3."""
    if message[0] != HELLO_OF[side]:
        return f"a handshake message of type {message[0]} in plain, expected the {side}'s hello"
    versions = hello_versions(message, side)
    if versions != [TLS_1_3]:
        return f"the {side}'s hello says versions {[hex(version) for version in versions]}, expected TLS 1.3 alone"
    return None


def hello_versions(message, side):
    """Of the extension supported_versions; empty without one, which is TLS 1.2 or older."""
    at = 4 + 2 + 32  # message, legacy version, random
    at += 1 + message[at]  # session id
    if side == "client":
        at += 2 + struct.unpack_from(">H", message, at)[0]  # cipher suites
        at += 1 + message[at]  # compression methods
    else:
        at += 3
    at += 2
    while at + 4 <= len(message):
        kind, length = struct.unpack_from(">HH", message, at)
        body = message[at + 4 : at + 4 + length]
        if kind == SUPPORTED_VERSIONS:
            listed = body[1:] if side == "client" else body
            return [version for (version,) in struct.iter_unpack(">H", listed)]
        at += 4 + length
    return []


class Unseen:
    """Bytes that must not be on any wire, looked for eight at a time wherever they begin."""

    WINDOW = 8
    TABLE_BITS = 24
    # Fewer different bytes than this may come about without anybody saying them.
    LEAST_DISTINCT = 3

    def __init__(self, fraction_bits=18):
        self.fraction_bits = fraction_bits
        self.windows = {}  # the eight bytes as a number -> what they are of
        self.table = None

    def add_bytes(self, what, content):
        """Whole pieces of it, its end included."""
        assert len(content) >= self.WINDOW, f"{what}: {content!r} is too short to be told from chance"
        begins = [*range(0, len(content) - self.WINDOW, self.WINDOW), len(content) - self.WINDOW]
        for begin in begins:
            window = content[begin : begin + self.WINDOW]
            if len(set(window)) >= self.LEAST_DISTINCT:
                self.windows[int.from_bytes(window, "little")] = what
        self.table = None

    def add_text(self, what, text):
        self.add_bytes(what, text.encode())

    def add_values(self, what, values):
        """Numbers as anybody might write them down."""
        flat = np.asarray(values, np.float64).ravel()
        fixed = np.round(flat * 2.0**self.fraction_bits).astype("<i8")
        text = ",".join(f"{value:.9g}" for value in flat)
        self.add_bytes(f"{what} as float64", flat.astype("<f8").tobytes())
        self.add_bytes(f"{what} as float32", flat.astype("<f4").tobytes())
        self.add_bytes(f"{what} in fixed point", fixed.tobytes())
        self.add_bytes(f"{what} as text", text.encode())

    def find(self, data):
        """What is in the data, each once."""
        if self.table is None:
            self._index()
        found = set()
        for offset in range(min(self.WINDOW, max(0, len(data) - self.WINDOW + 1))):
            count = (len(data) - offset) // self.WINDOW
            words = np.frombuffer(data, "<u8", count, offset)
            likely = words[self.table[words & np.uint64((1 << self.TABLE_BITS) - 1)]]
            found.update(self.windows[word] for word in likely.tolist() if word in self.windows)
        return sorted(found)

    def _index(self):
        self.table = np.zeros(1 << self.TABLE_BITS, bool)
        keys = np.array(list(self.windows), np.uint64)
        self.table[keys & np.uint64((1 << self.TABLE_BITS) - 1)] = True


def check_wires(captured, unseen):
    """Everything that should not be on the wires, in words."""
    found = list(captured.others)
    for opening, answer in captured.connections():
        for stream, side in ((opening, "client"), (answer, "server")):
            if stream is not None and (wrong := check_tls(stream.data(), side)):
                found.append(f"{stream} is not TLS 1.3: {wrong}")
    for stream in captured.all_streams():
        found += [f"{stream} shows {what}" for what in unseen.find(stream.data())]
    return found


def who_talks(captured, hosts):
    """Names of hosts: (who opened a connection, to whom)."""
    names = {host.address: host.name for host in hosts}
    return {(names[opening.source[0]], names[opening.target[0]]) for opening, _ in captured.connections()}
