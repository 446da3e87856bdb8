"""Databento's binary files as the CSV that says the same."""

from __future__ import annotations

import io

import pyarrow as pa

from ratemodel.errors import DataError

DBN = b"DBN"
ZSTD = b"\x28\xb5\x2f\xfd"


def unpack_zstd(data: bytes, source: str) -> bytes:
    """Unpack what is packed by zstd, as Databento's files are; leave the rest as it is.

    Raises
    ------
    DataError
        If it is cut off or damaged.
    """
    if not data.startswith(ZSTD):
        return data
    try:
        return bytes(pa.input_stream(io.BytesIO(data), compression="zstd").read())
    except OSError as error:
        raise DataError(f"{source}: not a readable zstd file ({error})") from None


def dbn_as_csv(data: bytes, source: str) -> bytes:
    """Turn binary records into CSV, with times and prices in full and symbols by name.

    Raises
    ------
    DataError
        If it is cut off or no such file, or if the package that reads it is not installed.
    """
    try:
        from databento_dbn import Compression, DBNError, Encoding, Transcoder
    except ImportError:
        raise DataError(
            f"{source}: to read Databento's binary files install ratemodel[databento]"
        ) from None
    text = io.BytesIO()
    try:
        reader = Transcoder(text, Encoding("csv"), Compression("none"), map_symbols=True)
        reader.write(data)
        reader.flush()
        rest = reader.buffer()
        reader.finish()
    except DBNError as error:
        raise DataError(f"{source}: not a readable DBN file ({error})") from None
    if rest:
        raise DataError(f"{source}: the file is cut off within a record")
    if not text.getvalue():
        raise DataError(f"{source}: the file holds no records")
    return text.getvalue()
