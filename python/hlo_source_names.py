# SPDX-License-Identifier: Apache-2.0
"""Programs note which source files they come from. They go to other parties, whom folders of this machine do not concern."""

# Fields of HloModuleProto, by number: computations.instructions.metadata.source_file, and stack_frame_index.file_names.
SOURCE_FILES = ((3, 2, 7, 3), (17, 1))
# Protocol Buffers' wire types.
VARINT, EIGHT_BYTES, BYTES, FOUR_BYTES = 0, 1, 2, 5


def without_folders(module, at=()):
    """The same serialised HloModuleProto; where it names source files, they have no folders."""
    if not any(field[: len(at)] == at for field in SOURCE_FILES):
        return module
    if at in SOURCE_FILES:
        return module.rpartition(b"/")[2]
    made, offset = bytearray(), 0
    while offset < len(module):
        begin = offset
        key, offset = _read_varint(module, offset)
        if key & 7 == BYTES:
            size, offset = _read_varint(module, offset)
            part = without_folders(module[offset : offset + size], (*at, key >> 3))
            offset += size
            made += _varint(key) + _varint(len(part)) + part
            continue
        offset = _read_varint(module, offset)[1] if key & 7 == VARINT else offset + {EIGHT_BYTES: 8, FOUR_BYTES: 4}[key & 7]
        made += module[begin:offset]
    return bytes(made)


def _read_varint(text, offset):
    value = shift = 0
    while True:
        byte = text[offset]
        value |= (byte & 127) << shift
        offset, shift = offset + 1, shift + 7
        if byte < 128:
            return value, offset


def _varint(value):
    made = bytearray()
    while value > 127:
        made.append(value & 127 | 128)
        value >>= 7
    return bytes(made) + bytes([value])
