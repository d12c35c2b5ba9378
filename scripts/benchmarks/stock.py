"""Files of any size in Magpie's store, without a site that has them.

Small videos are downloaded as ever; then, while Magpie is not running, their files are exchanged for others,
and what the database knows of them with it.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stack import Magpie

PIECE_BYTES = 8 << 20
ZEROS = bytes(PIECE_BYTES)
LEARN = "UPDATE downloads SET file_size = ?, file_crc32 = ?, file_sha256 = ? WHERE id = ?"


@dataclass(frozen=True)
class Content:
    """What a file holds: bytes that do not repeat, or nothing but holes, which take no disk."""

    size_bytes: int
    is_sparse: bool = False


def exchange(magpie: Magpie, wanted: list[tuple[dict[str, Any], Content]]) -> None:
    """Gives each of these downloads other content; Magpie is started anew."""
    magpie.halt()
    holes: dict[Content, tuple[int, int, str]] = {}
    with sqlite3.connect(magpie.data / "magpie.db") as database:
        for download, content in wanted:
            path = magpie.media / download["file_path"]
            if content.is_sparse:
                _make_hole(path, content.size_bytes)
                known = holes.get(content) or _checksums(content.size_bytes, None)
                holes[content] = known
            else:
                with path.open("wb") as file:
                    known = _checksums(content.size_bytes, file)
            changed = database.execute(LEARN, (*known, download["id"])).rowcount
            assert changed == 1, f"{changed} rows of {download['id']}"
    database.close()
    # What is still on its way to the disk is not to be measured.
    os.sync()
    magpie.start()


def _make_hole(path: Path, size_bytes: int) -> None:
    with path.open("wb") as file:
        file.truncate(size_bytes)


def _checksums(size_bytes: int, file: Any) -> tuple[int, int, str]:
    """Size, CRC-32 and SHA-256 of random bytes, which are written, or of as many zeros."""
    crc, sha, left = 0, hashlib.sha256(), size_bytes
    while left:
        piece = (ZEROS if file is None else os.urandom(PIECE_BYTES))[:left]
        if file is not None:
            file.write(piece)
        crc = zlib.crc32(piece, crc)
        sha.update(piece)
        left -= len(piece)
    return size_bytes, crc, sha.hexdigest()
