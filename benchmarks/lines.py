"""A file of JSON lines that survives being cut off: what was finished stays, once."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any


class Lines:
    """JSON objects, one a line, each with a key of its own.

    A last line that was cut off (the process died as it wrote) is taken away when the file is
    opened; so is a second line with the same key.
    """

    def __init__(self, path: Path, key: str) -> None:
        self._path, self._key = path, key
        self._rows: dict[str, dict[str, Any]] = {}
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists():
            self._read()

    def __contains__(self, key: str) -> bool:
        return key in self._rows

    def __getitem__(self, key: str) -> dict[str, Any]:
        return self._rows[key]

    def __len__(self) -> int:
        return len(self._rows)

    def add(self, row: Mapping[str, Any]) -> None:
        """Append a row, on the disk when this returns. Raises ValueError when its key is there."""
        key = str(row[self._key])
        if key in self._rows:
            raise ValueError(f"{self._path} has {key} already")
        with self._path.open("a", encoding="utf-8", newline="\n") as file:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
            file.flush()
            os.fsync(file.fileno())
        self._rows[key] = dict(row)

    def _read(self) -> None:
        """Read the whole lines; write the file anew if there was anything else in it.

        Raises:
            ValueError: a line before the last is no JSON object: no crash of ours left that.
        """
        whole, sound = [], True
        lines = self._path.read_bytes().split(b"\n")
        for number, line in enumerate(lines[:-1], 1):
            try:
                row = json.loads(line)
                key = str(row[self._key])
            except (ValueError, TypeError, KeyError) as fault:
                if number < len(lines) - 1 or lines[-1]:
                    raise ValueError(f"{self._path}, line {number} cannot be read") from fault
                sound = False
                continue
            sound = sound and key not in self._rows
            if key not in self._rows:
                self._rows[key] = row
                whole.append(line + b"\n")
        if not sound or lines[-1]:
            beside = self._path.with_name(f"{self._path.name}.new")
            beside.write_bytes(b"".join(whole))
            beside.replace(self._path)
