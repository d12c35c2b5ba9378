"""Reads the head of an mp4: enough to know that it is whole and what it holds.

ffprobe would need 50 ms of processor time for the same, and does not notice an mp4 whose end is
missing when its index stands first. Whatever is not plain here (fragments, rare codecs) is left to
ffprobe: ISO/IEC 14496-12."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import BinaryIO

from .media_file import MediaFile

_VIDEO_CODECS = {
    b"avc1": "h264",
    b"avc3": "h264",
    b"hvc1": "hevc",
    b"hev1": "hevc",
    b"vp09": "vp9",
    b"av01": "av1",
}
_AUDIO_CODECS = {b"mp4a": "aac", b"Opus": "opus"}
_MAX_INDEX_BYTES = 64 * 1024 * 1024
_AAC = 0x40

Box = tuple[bytes, int, int]
"""Its type, and where its content begins and ends."""


class NotPlain(Exception):
    """Not an mp4 that this reader understands."""


class Truncated(Exception):
    """The boxes reach beyond the end of the file."""


def read(path: str) -> MediaFile:
    """What an mp4 holds.

    Raises NotPlain when another reader must look, Truncated when the file is not whole."""
    with open(path, "rb") as file:
        size = file.seek(0, 2)
        index = _find_index(file, size)
    try:
        return _read_index(index)
    except (struct.error, IndexError) as error:
        raise NotPlain(str(error)) from error


def _find_index(file: BinaryIO, size: int) -> bytes:
    index = None
    position = 0
    while position < size:
        file.seek(position)
        header = file.read(16)
        kind, start, end = _header(header, position, size)
        if position == 0 and kind != b"ftyp":
            raise NotPlain("no ftyp")
        if end > size:
            raise Truncated(f"{kind!r} ends at {end}, the file at {size}")
        if kind == b"moov":
            if end - start > _MAX_INDEX_BYTES:
                raise NotPlain("a huge index")
            file.seek(start)
            index = file.read(end - start)
        position = end
    if index is None:
        raise Truncated("no moov")
    return index


def _header(header: bytes, position: int, limit: int) -> Box:
    if len(header) < 8:
        raise Truncated("half a header")
    length, kind = struct.unpack(">I4s", header[:8])
    offset = 8
    if length == 1:
        (length,) = struct.unpack(">Q", header[8:16])
        offset = 16
    elif length == 0:
        length = limit - position
    if length < offset:
        raise NotPlain("a box that is shorter than its header")
    return kind, position + offset, position + length


def _boxes(data: bytes, start: int, end: int) -> Iterator[Box]:
    while start + 8 <= end:
        kind, inside, after = _header(data[start : start + 16], start, end)
        if after > end:
            raise NotPlain("a box that is longer than its parent")
        yield kind, inside, after
        start = after


def _child(data: bytes, parent: Box, *names: bytes) -> Box:
    box = parent
    for name in names:
        found = next((each for each in _boxes(data, box[1], box[2]) if each[0] == name), None)
        if found is None:
            raise NotPlain(f"no {name!r}")
        box = found
    return box


def _read_index(index: bytes) -> MediaFile:
    moov: Box = (b"moov", 0, len(index))
    children = list(_boxes(index, 0, len(index)))
    if any(kind == b"mvex" for kind, _, _ in children):
        raise NotPlain("fragmented")
    media = MediaFile(duration=_duration(index, _child(index, moov, b"mvhd")))
    for track in children:
        if track[0] == b"trak":
            _read_track(index, track, media)
    return media


def _duration(index: bytes, mvhd: Box) -> float:
    start = mvhd[1]
    if index[start] == 1:
        timescale, duration = struct.unpack(">IQ", index[start + 20 : start + 32])
    else:
        timescale, duration = struct.unpack(">II", index[start + 12 : start + 20])
    if not timescale or not duration:
        raise NotPlain("no duration")
    return float(duration) / float(timescale)


def _read_track(index: bytes, track: Box, media: MediaFile) -> None:
    handler = _child(index, track, b"mdia", b"hdlr")
    kind = index[handler[1] + 8 : handler[1] + 12]
    if kind not in (b"vide", b"soun"):
        return
    table = _child(index, track, b"mdia", b"minf", b"stbl", b"stsd")
    entry = next(_boxes(index, table[1] + 8, table[2]))
    if kind == b"vide":
        if entry[0] not in _VIDEO_CODECS:
            raise NotPlain(f"codec {entry[0]!r}")
        media.vcodec = _VIDEO_CODECS[entry[0]]
        media.width, media.height = struct.unpack(">HH", index[entry[1] + 24 : entry[1] + 28])
    else:
        if entry[0] not in _AUDIO_CODECS or (entry[0] == b"mp4a" and not _is_aac(index, entry)):
            raise NotPlain(f"codec {entry[0]!r}")
        media.acodec = _AUDIO_CODECS[entry[0]]


def _is_aac(index: bytes, entry: Box) -> bool:
    """`mp4a` may also be MP3: the decoder's description (tag 4) says which."""
    esds = index.find(b"esds", entry[1], entry[2])
    tag = index.find(b"\x04", esds + 8, entry[2]) if esds >= 0 else -1
    if tag < 0:
        return False
    after_length = tag + 1
    while index[after_length] & 0x80:
        after_length += 1
    return index[after_length + 1] == _AAC
