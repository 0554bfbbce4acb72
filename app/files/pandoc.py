"""Pandoc, as the ``pypandoc-binary`` package brings it: in its sandbox, without a network."""

import json
import os
import subprocess
import tempfile
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from inkwright.memory.errors import BadInput, ExportFailed

INSTALL = "install it with `pip install 'inkwright[export]'`"
TIMEOUT_S = 300
MAX_TOLD = 300
AS_TYPED = "nl"
"""A language whose titles Pandoc reads and writes as they are: in English ones it would change
capitals."""
NOTHING: Mapping[str, str] = {}


def pandoc() -> Path:
    """Return where Pandoc is.

    Raises:
        BadInput: the package is not installed.
    """
    found = find_spec("pypandoc")
    if found is not None and found.origin is not None:
        name = "pandoc.exe" if os.name == "nt" else "pandoc"
        program = Path(found.origin).parent / "files" / name
        if program.is_file():
            return program
    raise BadInput(f"DOCX, EPUB, PDF and CSL need Pandoc, as pypandoc-binary brings it: {INSTALL}")


def write(document: dict[str, Any], writer: str, *options: str, at: float) -> bytes:
    """Return what Pandoc makes of a document.

    ``at``, in seconds since the epoch, is the time that the file bears. Nothing of the person's own
    Pandoc settings has a say in it.

    Raises:
        ExportFailed: Pandoc could not make it.
    """
    asked = json.dumps(document, ensure_ascii=False).encode("utf-8", "replace")
    return converted(asked, "--from=json", f"--to={writer}", *options, at=at)


def converted(
    asked: bytes, *options: str, at: float = 0.0, beside: Mapping[str, str] = NOTHING
) -> bytes:
    """Return what Pandoc makes of ``asked`` by these options.

    ``beside``: the texts of the files that options name. It can open no others.

    Raises:
        ExportFailed: Pandoc could not make it.
    """
    environment = {"SOURCE_DATE_EPOCH": str(int(at)), "LANG": "C.UTF-8"}
    program = str(pandoc())
    with tempfile.TemporaryDirectory(prefix="inkwright-") as folder:
        for name, text in beside.items():
            (Path(folder) / name).write_text(text, "utf-8")
        command = [program, "--sandbox", f"--data-dir={folder}", "--output=-", *options]
        try:
            done = subprocess.run(
                command,
                input=asked,
                capture_output=True,
                timeout=TIMEOUT_S,
                env=environment,
                cwd=folder,
            )
        except subprocess.TimeoutExpired as fault:
            raise ExportFailed(f"Pandoc took more than {TIMEOUT_S} s and was stopped") from fault
    if done.returncode:
        said = " ".join(done.stderr.decode("utf-8", "replace").split())
        raise ExportFailed(f"Pandoc could not make the file: {said[:MAX_TOLD]}")
    return done.stdout
