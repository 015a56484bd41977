"""Writes scalars as TensorBoard reads them, with nothing but the standard library.

A file of records: length, masked CRC-32C of the length, an Event message, masked CRC-32C of the message. Of the
message's fields (tensorflow/core/util/event.proto) there are wall_time = 1, step = 2, file_version = 3, and
summary = 5 with value = 1 { tag = 1, simple_value = 2 }.
"""

import os
import socket
import struct
import time


def _table():
    for byte in range(256):
        for _ in range(8):
            byte = byte >> 1 ^ (0x82F63B78 if byte & 1 else 0)
        yield byte


CRC_TABLE = list(_table())


def masked_crc(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = CRC_TABLE[(crc ^ byte) & 0xFF] ^ crc >> 8
    crc ^= 0xFFFFFFFF
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def varint(number):
    data = bytearray()
    while number > 127:
        data.append(number & 127 | 128)
        number >>= 7
    data.append(number)
    return bytes(data)


def message(field, content):
    return varint(field << 3 | 2) + varint(len(content)) + content


class Writer:
    """One file per process in `folder`: a training that continues adds another one."""

    def __init__(self, folder):
        os.makedirs(folder, exist_ok=True)
        name = f"events.out.tfevents.{int(time.time())}.{socket.gethostname()}.{os.getpid()}"
        self.file = open(os.path.join(folder, name), "ab")
        self._write(message(3, b"brain.Event:2"))

    def scalar(self, tag, value, step):
        one = message(1, tag.encode()) + varint(2 << 3 | 5) + struct.pack("<f", value)
        self._write(varint(2 << 3) + varint(step) + message(5, message(1, one)))

    def _write(self, fields):
        event = varint(1 << 3 | 1) + struct.pack("<d", time.time()) + fields
        length = struct.pack("<Q", len(event))
        self.file.write(length + struct.pack("<I", masked_crc(length)) + event + struct.pack("<I", masked_crc(event)))
        self.file.flush()
