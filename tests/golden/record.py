"""Record what whole runs send, store and print, to hold a change of names against it.

python -m tests.golden.record            renew expected.json
python -m tests.golden.record --out DIR  write everything recorded as files, to compare by eye
"""

import argparse
import hashlib
import json
import os
import re
import shutil
import sqlite3
import tarfile
import zipfile
from collections.abc import Iterator
from contextlib import chdir
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

from typer.testing import CliRunner

from inkwright.__main__ import app
from tests.simserver.process import SimServer

HERE = Path(__file__).parent
EXPECTED = HERE / "expected.json"
LIBRARY = HERE.parent / "fixtures" / "library-0.1.0-1cbb4d2" / "home.tar.gz"
_CLOCK = ("created_at", "updated_at", "began_at", "looked_at", "seconds", "lease_until")
_CHANCE = ("lease_owner", "cached_tokens")
"""Columns that differ from one run to the next."""
_FILES = {"outputs": ("digest",)}
"""Columns with digests of files that hold times; the files themselves are compared without."""


def record(folder: Path, sim: SimServer) -> dict[str, str]:
    """Run the scenarios in ``folder`` and return each artefact's text by its name."""
    records: dict[str, str] = {}
    for scenario in (_new_works, _old_library, _batch):
        home = folder / scenario.__name__.strip("_")
        home.mkdir()
        sim.restore()
        shutil.copytree(HERE / "briefs", home / "briefs")
        environment = _environment(sim, home)
        if scenario is _old_library:  # its vectors are the offline embedder's
            del environment["INKWRIGHT_EMBEDDER_MODEL"]
        with chdir(home), patch.dict(os.environ, environment):
            run = _Recorder(home, sim)
            scenario(run)
            records |= {f"{home.name}/{name}": text for name, text in run.records.items()}
    return records


def digests(records: dict[str, str]) -> dict[str, str]:
    """Return the SHA-256 of every record."""
    return {name: hashlib.sha256(text.encode()).hexdigest() for name, text in records.items()}


class _Recorder:
    """Runs command lines in a folder of their own, and keeps what they leave."""

    def __init__(self, home: Path, sim: SimServer) -> None:
        self.home, self.records, self._sim = home, dict[str, str](), sim

    def cli(self, *arguments: str) -> str:
        """Run a command, keep how it ended and what it printed, and return what it printed."""
        result = CliRunner().invoke(app, list(arguments))
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        said = self._plain(f"exit {result.exit_code}\n{result.stdout}\n{result.stderr}")
        lines = said.splitlines()
        progress = [line for line in lines if line.startswith("[TIME]")]  # sections race
        rest = [line for line in lines if not line.startswith("[TIME]")]
        name = f"{len(self.records):03} inkwright {' '.join(arguments)}"
        self.records[name] = "\n".join([*sorted(progress), *rest])
        return result.stdout

    def keep_files(self, pattern: str) -> None:
        """Keep the files that match, and what is in them where they are archives."""
        for file in sorted(self.home.glob(pattern)):
            for name, data in _contents(file, str(file.relative_to(self.home))):
                self.records[f"file {name}"] = self._plain(data.decode("utf-8", "backslashreplace"))

    def keep_library(self) -> None:
        """Keep the library's rows, and the bodies of all requests that were sent."""
        for table, rows in _rows(self.home / "library" / "library.db"):
            self.records[f"table {table}"] = self._plain(rows)
        bodies = sorted(f"{call.kind} {call.body}" for call in self._sim.calls())
        self.records["requests"] = "\n".join(bodies)

    def _plain(self, text: str) -> str:
        """Return ``text`` without what the clock, chance or the place of the folder put in it."""
        text = text.replace(str(self.home), "HOME").replace(self._sim.root, "SERVER")
        text = re.sub(
            r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?", "TIME", text
        )
        text = re.sub(r"\d{4}-\d\d-\d\d", "DATE", text)
        text = re.sub(r'"(\w*seconds|\w*_at|\w*_s|cached\w*)(\\*)": ?[\d.]+', r'"\1": 0', text)
        text = re.sub(r"urn:uuid:[0-9a-f-]+", "UUID", text)
        text = re.sub(r'"tokens_per_s\\*": [\d.]+', "RATE", text)
        text = re.sub(r'"eta_s\\*": (null|[\d.]+)', "ETA", text)
        text = re.sub(r", [\d:]+ left\b", "", text)
        text = re.sub(r"[\d,]+ tok/s", "RATE", text)
        # how many calls are counted as a section is accepted: another one may be under way
        text = re.sub(r"\(\d+ calls, RATE\)", "(CALLS, RATE)", text)
        text = re.sub(r"\[\d+:\d\d\]", "[TIME]", text)
        return re.sub(r"(\d+ min )?\d+(\.\d+)? (s|ms|seconds)\b", "TIME", text)


def _environment(sim: SimServer, home: Path) -> dict[str, str]:
    return {
        "INKWRIGHT_HOME": str(home / "library"),
        "INKWRIGHT_API_BASE": sim.base,
        "INKWRIGHT_MODEL": sim.model,
        "INKWRIGHT_EMBEDDER_MODEL": sim.config.embedding_model,
        "INKWRIGHT_CONCURRENCY": "1",
        "COLUMNS": "100",
    }


def _new_works(run: _Recorder) -> None:
    for name in ("ferry", "tides", "tea"):
        run.cli("write", f"briefs/{name}.yaml", "--out", name, "--yes")
    for work in json.loads(run.cli("status", "--json")):
        identity = work["work"]
        run.cli("status", identity, "--json")
        run.cli("memory", "list", identity)
        for suffix in ("md", "docx", "epub", "bib", "archive"):
            run.cli("export", identity, "--format", suffix, "--out", _file(identity, suffix))
    for folder in ("ferry", "tides", "tea"):
        run.keep_files(f"{folder}/*")
    run.keep_files("exports/*")
    run.keep_library()


def _old_library(run: _Recorder) -> None:
    with tarfile.open(LIBRARY) as archive:
        archive.extractall(run.home, filter="data")
    (run.home / "home").rename(run.home / "library")
    works = [work["work"] for work in json.loads(run.cli("status", "--json"))]
    for work in works:
        run.cli("status", work, "--json")
        run.cli("settle", work)
        run.cli("resume", work, "--out", work)
        run.cli("export", work, "--format", "docx", "--out", _file(work, "docx"))
    run.keep_files("the-*/*")
    run.keep_files("exports/*")
    run.keep_library()


def _batch(run: _Recorder) -> None:
    run.cli("batch", "briefs/batch.jsonl", "--out", "results.jsonl", "--format", "docx")
    run.cli("batch", "briefs/batch.jsonl", "--out", "results.jsonl", "--format", "docx")
    run.cli("batch", "briefs/batch.jsonl", "--out", "results.jsonl", "--schema")
    run.keep_files("results*")
    run.keep_files("results*/*")
    run.keep_library()


def _file(work: str, format_name: str) -> str:
    return f"exports/{work}.{ {'archive': 'zip'}.get(format_name, format_name) }"


def _contents(file: Path, name: str) -> Iterator[tuple[str, bytes]]:
    """Yield names and bytes: of a file, or of the members of an archive."""
    if not zipfile.is_zipfile(file):
        if file.is_file():
            yield name, file.read_bytes()
        return
    with zipfile.ZipFile(file) as archive:
        for member in archive.namelist():
            yield f"{name}:{member}", archive.read(member)


def _rows(database: Path) -> Iterator[tuple[str, str]]:
    """Yield each table's name, and its rows as JSON, a row a line, without times."""
    with sqlite3.connect(database) as db:
        db.row_factory = sqlite3.Row
        names = [row[0] for row in db.execute("select name from sqlite_master where type='table'")]
        for name in sorted(names):
            rows = [dict(row) for row in db.execute(f"select * from {name}")]
            dropped = (*_CLOCK, *_CHANCE, *_FILES.get(name, ()))
            if name == "journal":  # a row's number is its place among calls that end side by side
                dropped = (*dropped, "id")
            lines = [
                json.dumps({k: v for k, v in row.items() if k not in dropped}, ensure_ascii=False)
                for row in rows
            ]
            yield name, "\n".join(sorted(lines))


def main() -> None:
    """Renew what is expected, or write the records out."""
    parser = argparse.ArgumentParser(prog="python -m tests.golden.record")
    parser.add_argument("--out", type=Path, help="a folder for the records themselves")
    out: Path | None = parser.parse_args().out
    with SimServer() as sim, TemporaryDirectory() as folder:
        records = record(Path(folder).resolve(), sim)
    if out is None:
        EXPECTED.write_text(json.dumps(digests(records), indent=1, ensure_ascii=False) + "\n")
        return
    out.mkdir(parents=True, exist_ok=True)
    for name, text in records.items():
        (out / name.replace("/", "__")).write_text(text)


if __name__ == "__main__":
    main()
