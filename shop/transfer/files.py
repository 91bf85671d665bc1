"""Files of rows, read and written as streams: JSON Lines, and CSV as spreadsheets make it."""

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, TextIO

import orjson

from shop.transfer.columns import LEFT_OUT, Column, column, columns
from shop.transfer.faults import Faults, Place, Record, unknown
from shop.transfer.rows import Row
from shop.transfer.shapes import Form, shape_of

SEPARATORS = ",;\t"  # a German spreadsheet's is ;
LONGEST_CELL = 10_000_000  # characters


def format_of(path: Path) -> str:
    """jsonl or csv, by the file's name."""
    return path.suffix.lower().removeprefix(".")


def read(path: Path, model: type[Row], faults: Faults) -> Iterator[Record]:
    """The file's rows; what is none is a fault."""
    return READERS[format_of(path)](path, model, faults)


# --- JSON Lines


def read_json_lines(path: Path, _model: type[Row], faults: Faults) -> Iterator[Record]:
    """An object on each line; empty lines are passed over."""
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            text = line.removeprefix(b"\xef\xbb\xbf").strip()
            if text:
                yield from _record(Place(str(path), number), text, faults)


def _record(place: Place, text: bytes, faults: Faults) -> Iterator[Record]:
    try:
        data = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        faults.of_file(place, f"is no JSON in UTF-8 ({error}); write one object on each line")
        return
    if isinstance(data, dict):
        yield Record(place, data)
    else:
        faults.of_file(place, "must be an object in curly braces")


class JsonLinesWriter:
    """With all members, so that a row says the whole of what it is about."""

    def __init__(self, file: TextIO, _model: type[Row]) -> None:
        self._file = file

    def write(self, rows: Iterable[Row]) -> None:
        """Further rows."""
        self._file.writelines(row.model_dump_json() + "\n" for row in rows)


# --- CSV


def read_csv(path: Path, model: type[Row], faults: Faults) -> Iterator[Record]:
    """Lines of one key that follow each other are one row, with an entry of its lists on each line."""
    csv.field_size_limit(LONGEST_CELL)
    with path.open(newline="", encoding="utf-8-sig") as file:
        sheet = Sheet(str(path), model, faults)
        try:
            yield from sheet.records(csv.reader(file, delimiter=_separator(file), strict=True))
        except UnicodeDecodeError:
            faults.of_file(Place(str(path), sheet.line), "is not UTF-8; save the file as UTF-8")
        except csv.Error as error:
            faults.of_file(Place(str(path), sheet.line), f"is no CSV ({error})")


def _separator(file: TextIO) -> str:
    header = file.readline()
    file.seek(0)
    return max(SEPARATORS, key=header.count)


class CsvLines(Protocol):
    """What csv.reader makes."""

    line_num: int  # of the last line that was read

    def __iter__(self) -> Iterator[list[str]]: ...
    def __next__(self) -> list[str]: ...


class Sheet:
    """A CSV file with a header."""

    def __init__(self, name: str, model: type[Row], faults: Faults) -> None:
        self.line = 1
        self._name = name
        self._model = model
        self._faults = faults

    def records(self, lines: CsvLines) -> Iterator[Record]:
        """One after another."""
        found = self._columns(next(lines, []))
        if found is None:
            return
        growing: Growing | None = None
        for place, cells in self._filled(lines):
            key = cells[found.key_at] if found.key_at < len(cells) else ""
            if growing is None or (key and key != growing.key):
                if growing is not None:
                    yield growing.record()
                growing = Growing(place, key, found)
            growing.add(place.line, cells)
        if growing is not None:
            yield growing.record()

    def _filled(self, lines: CsvLines) -> Iterator[tuple[Place, list[str]]]:
        self.line = lines.line_num + 1
        for cells in lines:
            if any(cells):
                yield Place(self._name, self.line), [cell.strip() for cell in cells]
            self.line = lines.line_num + 1

    def _columns(self, cells: Sequence[str]) -> "Header | None":
        names = [cell.strip() for cell in cells]
        key = next(iter(self._model.model_fields))
        found = [column(self._model, name) for name in names]
        known = [one for one in found if one is not None]
        self._check(names, found, key)
        return Header(known, names.index(key), self._model) if key in names and len(known) == len(names) else None

    def _check(self, names: Sequence[str], found: Sequence[Column | None], key: str) -> None:
        usual = [one.name for one in columns(self._model)]
        for name, one in zip(names, found, strict=True):
            if one is None:
                self._fault(f"column {name or 'without a name'} {unknown(name, usual)}")
        if key not in names:
            self._fault(f"column {key} is missing: it says where a row begins")
        for name in names:
            if names.count(name) > 1 or any(other.startswith(f"{name}.") for other in names):
                self._fault(f"column {name} is said twice, as a whole or in parts; keep one")

    def _fault(self, text: str) -> None:
        self._faults.of_file(Place(self._name, 1), text)


class Header:
    """A sheet's columns: which is the key, which are of lists, which objects they tell of."""

    def __init__(self, found: Sequence[Column], key_at: int, model: type[Row]) -> None:
        self.columns = found
        self.key_at = key_at
        self.lists = {one.list_name for one in found if one.of_entries}
        self.clearable = {
            one.path[0]
            for one in found
            if len(one.path) > 1 and not one.of_entries and _may_be_null(model, one.path[0])
        }


def _may_be_null(model: type[Row], name: str) -> bool:
    shape = shape_of(model.model_fields[name])
    return shape.form is Form.OBJECT and shape.nullable


class Growing:
    """A row that goes on over the lines that have its key."""

    def __init__(self, place: Place, key: str, header: Header) -> None:
        self.key = key
        self._header = header
        self._record = Record(place, {name: [] for name in header.lists})
        self._said: dict[str, str] = {}

    def add(self, line: int, cells: Sequence[str]) -> None:
        """One more line."""
        entries: dict[str, dict[str, Any]] = {}
        for one, cell in zip(self._header.columns, cells, strict=False):
            if one.of_entries:
                self._put(entries, one, cell)
            elif self._is_news(one, cell):
                self._put(self._record.data, one, cell)
        for name, entry in entries.items():
            self._record.lines[name, len(self._record.data[name])] = line
            self._record.data[name].append(entry)
        if any(cells[len(self._header.columns) :]):
            self._record.faults.append(("", "has more cells than the header has columns"))

    def record(self) -> Record:
        """The whole row."""
        for name in self._header.clearable:
            self._record.data.setdefault(name, None)
        return self._record

    def _is_news(self, one: Column, cell: str) -> bool:
        """Whether it is said for the first time; a line that goes on may repeat it."""
        before = self._said.get(one.name)
        if before is None or (cell and not before):
            self._said[one.name] = cell
            return True
        if cell and cell != before:
            self._record.faults.append((one.name, f"says something else than the first line of {self.key}"))
        return False

    def _put(self, data: dict[str, Any], one: Column, cell: str) -> None:
        try:
            value = one.read(cell)
        except ValueError as error:
            self._record.faults.append((one.name, str(error)))
            return
        if value is not LEFT_OUT:
            *above, last = one.path
            for step in above:
                data = data.setdefault(step, {})
            data[last] = value


class CsvWriter:
    """The key on each line, the rest of a row on its first; an entry of each list on each line."""

    def __init__(self, file: TextIO, model: type[Row]) -> None:
        self._lines = csv.writer(file, lineterminator="\n")
        self._columns = columns(model)
        self._lines.writerow([one.name for one in self._columns])

    def write(self, rows: Iterable[Row]) -> None:
        """Further rows."""
        for row in rows:
            self._lines.writerows(_lines(row.model_dump(mode="json"), self._columns))


def _lines(row: dict[str, Any], names: Sequence[Column]) -> Iterator[list[str]]:
    lists = {one.list_name for one in names if one.of_entries}
    for place in range(max([1, *(len(row[name]) for name in lists)])):
        yield [_cell(row, one, place, is_key=one is names[0]) for one in names]


def _cell(row: dict[str, Any], one: Column, place: int, is_key: bool) -> str:
    if one.of_entries:
        entries = row[one.list_name]
        return one.write(entries[place]) if place < len(entries) else ""
    return one.write(row) if place == 0 or is_key else ""


READERS = {"jsonl": read_json_lines, "csv": read_csv}
WRITERS: Mapping[str, type[JsonLinesWriter] | type[CsvWriter]] = {"jsonl": JsonLinesWriter, "csv": CsvWriter}
