"""Reads the words of our PDFs back as a reader's search does: glyphs to letters by each font's ToUnicode table."""

import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

OBJECT = re.compile(rb"(\d+) 0 obj\n(.*?)\nendobj", re.DOTALL)
STREAM = re.compile(rb"stream\n(.*?)\nendstream", re.DOTALL)
MAPPED = re.compile(rb"<([0-9A-F]{4})> <([0-9A-F]+)>")
SHOWN = re.compile(rb"BT /(F\d+) ([\d.]+) Tf ET|BT ([\d.]+) ([\d.]+) Td [^(]*?\(((?:\\.|[^\\)])*)\) Tj", re.DOTALL)
ESCAPED = re.compile(rb"\\(.)", re.DOTALL)
CONTROLS = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}

Letters = Mapping[int, str]


@dataclass(frozen=True)
class Words:
    """At a place, in points from the lower left, and so large."""

    x: float
    y: float
    points: float
    text: str


def text_of(pdf: bytes) -> str:
    """All words, in the order in which they are drawn."""
    return "\n".join(words.text for words in words_of(pdf))


def words_of(pdf: bytes) -> Iterator[Words]:
    objects = {int(number): body for number, body in OBJECT.findall(pdf)}
    fonts = _fonts(objects)
    for body in objects.values():
        if b"/FlateDecode" in body and b"BT" in _stream(body):
            yield from _shown(_stream(body), fonts)


def _fonts(objects: Mapping[int, bytes]) -> Mapping[bytes, Letters]:
    everything = b"\n".join(objects.values())
    named = {name: int(number) for name, number in re.findall(rb"/(F\d+) (\d+) 0 R", everything)}
    tables = {name: re.search(rb"/ToUnicode (\d+) 0 R", objects[number]) for name, number in named.items()}
    return {name: _letters(objects[int(table[1])]) for name, table in tables.items() if table is not None}


def _letters(table: bytes) -> Letters:
    pairs = MAPPED.findall(table)
    return {int(glyph, 16): bytes.fromhex(text.decode()).decode("utf-16-be") for glyph, text in pairs}


def _stream(body: bytes) -> bytes:
    found = STREAM.search(body)
    return b"" if found is None else zlib.decompress(found[1])


def _shown(content: bytes, fonts: Mapping[bytes, Letters]) -> Iterator[Words]:
    letters: Letters = {}
    size = 0.0
    for font, points, x, y, string in SHOWN.findall(content):
        if font:
            letters, size = fonts[font], float(points)
        else:
            yield Words(float(x), float(y), size, _decoded(string, letters))


def _decoded(string: bytes, letters: Letters) -> str:
    raw = ESCAPED.sub(lambda escape: CONTROLS.get(escape[1], escape[1]), string)
    glyphs = zip(raw[::2], raw[1::2], strict=True)
    return "".join(letters[high * 256 + low] for high, low in glyphs)
