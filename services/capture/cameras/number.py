"""A number written into a picture's pixels, to be read back after JPEG: proof of order and loss.

A row of square gray cells in the bottom left corner: four marks, the number's 32 bits in Gray code (so that
counting changes one cell at a time), eight bits of CRC, two marks. The cells are dim and few: all of them
together are 0.3 % of a 1280x720 picture, and what changes from one number to the next is a tenth of that.
"""

import binascii

import cv2
import numpy as np
from numpy.typing import NDArray

DARK, LIGHT = 44, 108  # far enough apart for JPEG, too dim to be what a viewer or a detector looks at
_BITS, _CHECK_BITS = 32, 8
_HEAD, _TAIL = (1, 0, 1, 0), (1, 0)
_CELLS = len(_HEAD) + _BITS + _CHECK_BITS + len(_TAIL)


def strip_height(width: int) -> int:
    """Lines at the bottom of the picture that `draw_number` and what is written beside it take."""
    return 3 * _cell(width)


def code_width(width: int) -> int:
    """Columns from the left that the code takes, its margin included."""
    return (_CELLS + 2) * _cell(width)


def draw_number(image: NDArray[np.uint8], number: int) -> None:
    """Writes the number (0 to 2**32 - 1) into a BGR or gray picture, which is changed."""
    row, column, cell = _place(image)
    code = np.array([[LIGHT if bit else DARK for bit in _encode(number)]], np.uint8)
    cells = code.repeat(cell, axis=0).repeat(cell, axis=1)
    area = image[row : row + cell, column : column + _CELLS * cell]
    area[...] = cells if image.ndim == 2 else cells[:, :, None]


def read_number(image: NDArray[np.uint8]) -> int | None:
    """The number in a decoded picture, BGR or gray, in its original size; None where there is none."""
    row, column, cell = _place(image)
    edge = cell // 4  # JPEG blurs a cell's rim
    area = image[row + edge : row + cell - edge, column : column + _CELLS * cell]
    if area.size == 0 or area.shape[1] != _CELLS * cell:
        return None
    gray = area if area.ndim == 2 else cv2.cvtColor(area, cv2.COLOR_BGR2GRAY)
    levels = gray.reshape(gray.shape[0], _CELLS, cell)[:, :, edge : cell - edge].mean(axis=(0, 2))
    return _decode(levels)


def _cell(width: int) -> int:
    return max(4, width // 160)


def _place(image: NDArray[np.uint8]) -> tuple[int, int, int]:
    """Row and column of the first cell, and its side."""
    height, width = image.shape[:2]
    cell = _cell(width)
    return height - 2 * cell, cell, cell


def _encode(number: int) -> list[int]:
    gray = number ^ (number >> 1)
    bits = [(gray >> n) & 1 for n in reversed(range(_BITS))]
    check = _check(gray)
    return [*_HEAD, *bits, *((check >> n) & 1 for n in reversed(range(_CHECK_BITS))), *_TAIL]


def _decode(levels: NDArray[np.float64]) -> int | None:
    middle = (DARK + LIGHT) / 2
    if np.abs(levels - middle).min() < (LIGHT - DARK) / 8:  # neither dark nor light
        return None
    bits = (levels > middle).astype(int).tolist()
    head, body, tail = bits[: len(_HEAD)], bits[len(_HEAD) : -len(_TAIL)], bits[-len(_TAIL) :]
    gray, check = _as_int(body[:_BITS]), _as_int(body[_BITS:])
    if tuple(head) != _HEAD or tuple(tail) != _TAIL or check != _check(gray):
        return None
    number = gray
    for shift in (1, 2, 4, 8, 16):
        number ^= number >> shift
    return number


def _as_int(bits: list[int]) -> int:
    return int("".join(map(str, bits)), 2)


def _check(gray: int) -> int:
    return binascii.crc_hqx(gray.to_bytes(4, "big"), 0x6E6A) & 0xFF
