"""What JPEGs of cheap cameras lack, put in without decoding them."""

from services.contract.jpeg_head import DHT, head_of


def complete(jpeg: bytes) -> bytes:
    """The same picture with the standard Huffman tables (ITU-T T.81, Annex K.3) where it has none.

    Motion-JPEG leaves them out, and then browsers and most libraries cannot read the frame. Where the tables
    are there, the very same object comes back.
    """
    head = head_of(jpeg)
    if head.has_tables or head.scan < 0 or not head.baseline:
        return jpeg
    return b"".join((jpeg[: head.scan], STANDARD_TABLES, jpeg[head.scan :]))


def _table(kind_and_id: int, counts: str, symbols: str) -> bytes:
    return bytes([kind_and_id]) + bytes.fromhex(counts) + bytes.fromhex(symbols)


_DC_SYMBOLS = "000102030405060708090a0b"
_TABLES = (
    _table(0x00, "00010501010101010100000000000000", _DC_SYMBOLS),
    _table(
        0x10,
        "0002010303020403050504040000017d",
        "01020300041105122131410613516107227114328191a1082342b1c11552d1f02433627282090a161718191a25262728"
        "292a3435363738393a434445464748494a535455565758595a636465666768696a737475767778797a83848586878889"
        "8a92939495969798999aa2a3a4a5a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8d9dae1e2"
        "e3e4e5e6e7e8e9eaf1f2f3f4f5f6f7f8f9fa",
    ),
    _table(0x01, "00030101010101010101010000000000", _DC_SYMBOLS),
    _table(
        0x11,
        "00020102040403040705040400010277",
        "0001020311040521310612415107617113223281081442 91a1b1c109233352f0156272d10a162434e125f11718191a26"
        "2728292a35363738393a434445464748494a535455565758595a636465666768696a737475767778797a828384858687"
        "88898a92939495969798999aa2a3a4a5a6a7a8a9aab2b3b4b5b6b7b8b9bac2c3c4c5c6c7c8c9cad2d3d4d5d6d7d8d9da"
        "e2e3e4e5e6e7e8e9eaf2f3f4f5f6f7f8f9fa",
    ),
)
STANDARD_TABLES = bytes([0xFF, DHT]) + (2 + sum(map(len, _TABLES))).to_bytes(2, "big") + b"".join(_TABLES)
