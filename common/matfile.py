"""Read and write MATLAB 5 files (.mat, versions 5 to 7).

Sizes that a file announces are not trusted: an array is made only from bytes that the file holds,
so that a short file cannot fill the memory. The reader takes numeric and logical arrays, text,
cells, structures and sparse matrices, compressed or not.

Source: MathWorks, "MAT-File Format", chapter "Level 5 MAT-File Format".
"""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

_HEADER = 128
_DEEPEST = 8  # levels of cells and structures
_TYPES = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8",
          13: "u8", 16: "u1", 17: "u2", 18: "u4"}  # fmt: skip
"""Table 1-1: data types, as numpy names them."""
_MATRIX, _COMPRESSED = 14, 15
_CELL, _STRUCT, _TEXT, _SPARSE = 1, 2, 4, 5
_NUMERIC = range(6, 16)
"""Table 1-3: classes of arrays."""


class MatError(ValueError):
    """A file that cannot be read, or a part of it. The message is the reason."""


@dataclass(frozen=True)
class Array:
    """A value that is not a plain array.

    Attributes:
        shape: as MATLAB has it.
        items: of a cell array its values, of a structure array one dictionary each; column by
            column.

    """

    shape: tuple[int, ...]
    items: list[Any]


Value = NDArray[Any] | Array


@dataclass
class _Part:
    """A sequence of bytes that is read from its beginning."""

    data: memoryview
    order: str
    place: int = 0

    def take(self, size: int) -> memoryview:
        if size < 0 or self.place + size > len(self.data):
            raise MatError("the file ends too early")
        self.place += size
        return self.data[self.place - size : self.place]

    def tag(self) -> tuple[int, int, memoryview | None]:
        """Type and size of the next element; its bytes where they are packed into the tag."""
        first = int(np.frombuffer(self.take(4), f"{self.order}u4")[0])
        if first >> 16:
            return first & 0xFFFF, first >> 16, self.take(4)[: first >> 16]
        return first, int(np.frombuffer(self.take(4), f"{self.order}u4")[0]), None

    def element(self) -> tuple[int, memoryview]:
        """The next element: its type and bytes."""
        kind, size, packed = self.tag()
        if packed is not None:
            return kind, packed
        found = self.take(size)
        if kind != _COMPRESSED:  # the only one that is not padded to eight bytes
            self.place = min(len(self.data), self.place + -size % 8)
        return kind, found

    def numbers(self) -> NDArray[Any]:
        """The next element as a flat array."""
        kind, found = self.element()
        if kind not in _TYPES:
            raise MatError(f"unknown data type {kind}")
        type_ = np.dtype(f"{self.order}{_TYPES[kind]}")
        return np.frombuffer(found[: len(found) - len(found) % type_.itemsize], type_)


def read_variable(content: bytes, name: str, *, largest: int) -> Value:
    """The variable `name` of a MATLAB file.

    Args:
        content: the whole file.
        name: of the variable.
        largest: limit on the unpacked bytes of the file, and on the values of an expanded sparse
            matrix.

    Raises:
        MatError: another kind of file, a damaged or too large one, or there is no such variable.

    """
    if content[:8] == b"\x89HDF\r\n\x1a\n" or b"MATLAB 7.3" in content[:_HEADER]:
        raise MatError("it is a MATLAB 7.3 file: save it with -v7 in MATLAB")
    if content[126:128] not in (b"IM", b"MI"):
        raise MatError("it is not a MATLAB 5 file")
    order = "<" if content[126:128] == b"IM" else ">"
    try:
        for part in _matrices(_Part(memoryview(content)[_HEADER:], order), largest):
            found, value = _matrix(part, largest, name)
            if found == name:
                return value
    except (struct.error, zlib.error, OverflowError) as error:
        raise MatError(f"it is damaged ({error})") from None
    raise MatError(f"it holds no variable {name}")


def _matrices(file: _Part, largest: int) -> Iterator[_Part]:
    """The variables of a file, unpacked."""
    left = largest
    while file.place + 8 <= len(file.data):
        kind, found = file.element()
        if kind == _COMPRESSED:
            unpacker = zlib.decompressobj()
            unpacked = unpacker.decompress(found, left + 1)
            left -= len(unpacked)
            if left < 0:
                raise MatError("it unpacks to more than is accepted")
            kind, found = _Part(memoryview(unpacked), file.order).element()
        if kind == _MATRIX:
            yield _Part(found, file.order)


def _matrix(part: _Part, largest: int, wanted: str = "", depth: int = 0) -> tuple[str, Value]:
    """Name and value of a matrix; other than the `wanted` one, outermost ones are left unread."""
    if depth > _DEEPEST:
        raise MatError("its cells are nested too deeply")
    if not len(part.data):
        return "", np.zeros((0, 0))
    flags = part.numbers()
    if not len(flags):
        raise MatError("it is damaged (no array flags)")
    class_ = int(flags[0]) & 0xFF
    shape = tuple(int(side) for side in part.numbers())
    if any(side < 0 for side in shape):
        raise MatError("it is damaged (a negative size)")
    name = bytes(part.element()[1]).decode("latin-1").rstrip("\0")
    if not depth and name != wanted:
        return name, np.zeros((0, 0))
    if class_ == _CELL:
        return name, Array(shape, _nested(part, math.prod(shape), largest, depth))
    if class_ == _STRUCT:
        return name, _structure(part, shape, largest, depth)
    if class_ == _SPARSE:
        return name, _sparse(part, shape, largest)
    if class_ not in _NUMERIC and class_ != _TEXT:
        raise MatError("it holds an object that only MATLAB reads")
    numbers = part.numbers()
    if len(numbers) != math.prod(shape):
        raise MatError(f"it announces {'×'.join(map(str, shape))} values and holds {len(numbers)}")
    found = numbers.reshape(shape, order="F")
    return name, found.astype("U1") if class_ == _TEXT else found


def _nested(part: _Part, number: int, largest: int, depth: int) -> list[Value]:
    """The next `number` matrices. Each takes eight bytes at least, which bounds their number."""
    if number > len(part.data) // 8:
        raise MatError(f"it announces {number} cells that it does not hold")
    values = []
    for _ in range(number):
        kind, found = part.element()
        if kind != _MATRIX:
            raise MatError(f"it is damaged (type {kind} where a matrix is expected)")
        values.append(_matrix(_Part(found, part.order), largest, depth=depth + 1)[1])
    return values


def _structure(part: _Part, shape: tuple[int, ...], largest: int, depth: int) -> Array:
    (length, *_) = (*part.numbers(), 0)
    packed = bytes(part.element()[1])
    if length <= 0:
        raise MatError("it is damaged (a structure without names)")
    fields = [
        packed[start : start + length].split(b"\0")[0].decode("latin-1")
        for start in range(0, len(packed), length)
    ]
    values = iter(_nested(part, math.prod(shape) * len(fields), largest, depth))
    return Array(shape, [{name: next(values) for name in fields} for _ in range(math.prod(shape))])


def _sparse(part: _Part, shape: tuple[int, ...], largest: int) -> NDArray[Any]:
    """A sparse matrix, expanded."""
    if len(shape) != 2 or math.prod(shape) > largest:
        raise MatError(f"its sparse matrix of {'×'.join(map(str, shape))} is too large")
    rows, ends, values = part.numbers(), part.numbers(), part.numbers()
    counts = np.diff(ends)
    if (
        len(ends) != shape[1] + 1
        or (counts < 0).any()
        or int(ends[-1]) > min(len(rows), len(values))
    ):
        raise MatError("it is damaged (a sparse matrix that contradicts itself)")
    used = int(ends[-1])
    if used and (rows[:used].min() < 0 or rows[:used].max() >= shape[0]):
        raise MatError("it is damaged (a sparse matrix that contradicts itself)")
    whole = np.zeros(shape, values.dtype)
    whole[rows[:used], np.repeat(np.arange(shape[1]), counts)] = values[:used]
    return whole


def write_cells(name: str, items: Sequence[Mapping[str, NDArray[Any]]]) -> bytes:
    """A file with one variable: a cell array (1, N) of structures of uint8 or uint16 matrices."""
    cells = b"".join(
        _packed_matrix(_STRUCT, (1, 1), _fields(item), *map(_packed_array, item.values()))
        for item in items
    )
    head = b"MATLAB 5.0 MAT-file".ljust(124) + struct.pack("<H", 0x0100) + b"IM"
    whole = zlib.compress(_packed_matrix(_CELL, (1, len(items)), cells, name=name))
    return head + struct.pack("<II", _COMPRESSED, len(whole)) + whole


def _fields(item: Mapping[str, Any]) -> bytes:
    length = 32  # bytes of one name
    names = b"".join(name.encode("ascii").ljust(length, b"\0") for name in item)
    return _packed(5, struct.pack("<i", length)) + _packed(1, names)


def _packed_array(values: NDArray[Any]) -> bytes:
    class_, kind = {1: (9, 2), 2: (11, 4)}[values.itemsize]
    data = values.astype(f"<u{values.itemsize}").tobytes(order="F")
    return _packed_matrix(class_, values.shape, _packed(kind, data))


def _packed_matrix(class_: int, shape: tuple[int, ...], *parts: bytes, name: str = "") -> bytes:
    flags = _packed(6, struct.pack("<II", class_, 0))
    sides = _packed(5, struct.pack(f"<{len(shape)}i", *shape))
    return _packed(_MATRIX, flags + sides + _packed(1, name.encode("ascii")) + b"".join(parts))


def _packed(kind: int, data: bytes) -> bytes:
    """An element: type, size, bytes, and zeros up to a multiple of eight."""
    return struct.pack("<II", kind, len(data)) + data + bytes(-len(data) % 8)
