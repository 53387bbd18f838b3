"""What a file that can be executed is: which machine it is for, and who has to load it."""

from __future__ import annotations

import struct

from msgspec import Struct

HEAD = 4_096
"""Bytes of a file's start that tell."""
_MOST_SECTIONS = 4_096
_MACHINES = {
    0x03: "386",
    0x08: "mips",
    0x14: "ppc",
    0x15: "ppc64le",
    0x16: "s390x",
    0x28: "arm",
    0x3E: "amd64",
    0xB7: "arm64",
    0xF3: "riscv64",
    0x102: "loong64",
}
_SYMBOLS, _CONTENT, _LOADED = 2, 1, 0x2


class Program(Struct, frozen=True):
    """An executable file's kind.

    ``machine`` is the architecture of an ELF file as images name it (``amd64``), None for anything else or one that is
    not known. ``interpreter`` is the loader of an ELF file or the program after ``#!``, as written; ``""`` for none,
    None where it could not be told. ``argument`` is the word after a script's interpreter: the tool that ``env`` runs.
    """

    machine: str | None = None
    interpreter: str | None = ""
    argument: str = ""
    is_script: bool = False
    is_elf: bool = False


class Sections(Struct, frozen=True):
    """Where the table of an ELF file's sections is, and how it is written."""

    offset: int
    count: int
    entry: int
    order: str
    is_wide: bool

    @property
    def size(self) -> int:
        return self.count * self.entry


def read_program(head: bytes) -> Program:
    """The kind of a file that starts with these bytes."""
    if head[:2] == b"#!":
        line = head[2:302].split(b"\n", 1)[0].decode("utf-8", "replace").strip(" \t")
        interpreter, _, argument = line.partition(" ")
        return Program(interpreter=interpreter, argument=argument.strip(), is_script=True)
    if head[:4] != b"\x7fELF" or len(head) < 64:
        return Program()
    order = ">" if head[5] == 2 else "<"
    machine = _MACHINES.get(struct.unpack_from(f"{order}H", head, 18)[0])
    if machine == "ppc64le" and order == ">":
        machine = "ppc64"
    return Program(machine=machine, interpreter=_interpreter(head, order), is_elf=True)


def _interpreter(head: bytes, order: str) -> str | None:
    """The loader that an ELF file asks for; ``""`` when it needs none."""
    wide = head[4] == 2
    if wide:
        table, entry, count = struct.unpack_from(f"{order}Q", head, 32)[0], *struct.unpack_from(f"{order}HH", head, 54)
    else:
        table, entry, count = struct.unpack_from(f"{order}I", head, 28)[0], *struct.unpack_from(f"{order}HH", head, 42)
    if table + entry * count > len(head) or entry < (56 if wide else 32):
        return None if count else ""
    for at in range(table, table + entry * count, entry):
        if struct.unpack_from(f"{order}I", head, at)[0] != 3:
            continue
        word = f"{order}{'Q' if wide else 'I'}"
        offset = struct.unpack_from(word, head, at + (8 if wide else 4))[0]
        size = struct.unpack_from(word, head, at + (32 if wide else 16))[0]
        if offset + size > len(head) or size > 300:
            return None
        return head[offset : offset + size].split(b"\0", 1)[0].decode("utf-8", "replace")
    return ""


def read_sections(head: bytes) -> Sections | None:
    """Where an ELF file says its sections are; None for anything else, or a table that cannot be."""
    if head[:4] != b"\x7fELF" or len(head) < 64 or head[4] not in (1, 2):
        return None
    order, wide = (">" if head[5] == 2 else "<"), head[4] == 2
    offset = struct.unpack_from(f"{order}{'Q' if wide else 'I'}", head, 40 if wide else 32)[0]
    entry, count = struct.unpack_from(f"{order}HH", head, 58 if wide else 46)
    if not 0 < count <= _MOST_SECTIONS or entry != (64 if wide else 40) or offset < (64 if wide else 52):
        return None
    return Sections(offset, count, entry, order, wide)


def strippable(table: bytes, sections: Sections) -> int:
    """Bytes that ``strip`` would take out of a file with this table of sections: symbols and debug information."""
    form = f"{sections.order}{'IIQQQQIIQQ' if sections.is_wide else '10I'}"
    rows = [struct.unpack_from(form, table, at) for at in range(0, len(table) - sections.entry + 1, sections.entry)]
    total = 0
    for _, kind, flags, _, _, size, link, *_ in rows:
        if kind == _SYMBOLS:
            total += size + (rows[link][5] if link < len(rows) else 0)
        elif kind == _CONTENT and not flags & _LOADED:
            total += size
    return int(total)
