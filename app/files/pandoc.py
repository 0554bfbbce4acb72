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
from inkwright.memory.install_command import build_extra_command

TIMEOUT_S = 300
MAX_ERROR_CHARS = 300
VERBATIM_LANGUAGE = "nl"
"""A language whose titles Pandoc reads and writes as they are: in English ones it would change
capitals."""
NO_FILES: Mapping[str, str] = {}


def say_install() -> str:
    """Say how to get what exports need."""
    return f"install it with `{build_extra_command('export')}`"


def find_pandoc() -> Path:
    """Return where Pandoc is.

    Raises:
        BadInput: the package is not installed.
    """
    module_spec = find_spec("pypandoc")
    if module_spec is not None and module_spec.origin is not None:
        name = "pandoc.exe" if os.name == "nt" else "pandoc"
        program = Path(module_spec.origin).parent / "files" / name
        if program.is_file():
            return program
    raise BadInput(
        f"DOCX, EPUB, PDF and CSL need Pandoc, as pypandoc-binary brings it: {say_install()}"
    )


def write_document(document: dict[str, Any], writer: str, *options: str, timestamp: float) -> bytes:
    """Return what Pandoc makes of a document.

    ``timestamp``, in seconds since the epoch, is the time that the file bears. Nothing of the
    person's own Pandoc settings has a say in it.

    Raises:
        ExportFailed: Pandoc could not make it.
    """
    document_json = json.dumps(document, ensure_ascii=False).encode("utf-8", "replace")
    return convert(document_json, "--from=json", f"--to={writer}", *options, timestamp=timestamp)


def convert(
    content: bytes,
    *options: str,
    timestamp: float = 0.0,
    text_by_name: Mapping[str, str] = NO_FILES,
) -> bytes:
    """Return what Pandoc makes of ``content`` by these options.

    ``text_by_name``: the texts of the files that options name. It can open no others.

    Raises:
        ExportFailed: Pandoc could not make it.
    """
    environment = {"SOURCE_DATE_EPOCH": str(int(timestamp)), "LANG": "C.UTF-8"}
    program = str(find_pandoc())
    with tempfile.TemporaryDirectory(prefix="inkwright-") as folder:
        for name, text in text_by_name.items():
            (Path(folder) / name).write_text(text, "utf-8")
        command = [program, "--sandbox", f"--data-dir={folder}", "--output=-", *options]
        try:
            process = subprocess.run(
                command,
                input=content,
                capture_output=True,
                timeout=TIMEOUT_S,
                env=environment,
                cwd=folder,
            )
        except subprocess.TimeoutExpired as fault:
            raise ExportFailed(f"Pandoc took more than {TIMEOUT_S} s and was stopped") from fault
    if process.returncode:
        error_text = " ".join(process.stderr.decode("utf-8", "replace").split())
        raise ExportFailed(f"Pandoc could not make the file: {error_text[:MAX_ERROR_CHARS]}")
    return process.stdout
