"""The reading process: a path a line comes in, what was read of it goes out.

It limits its own memory and time before it opens anything, and lets no document reach the network.
"""

import contextlib
import json
import os
import resource
import socket
import sys
import zipfile
from pathlib import Path
from typing import Any, NoReturn

from inkwright.memory.errors import BadInput

MEMORY_BYTES = 3_000_000_000
CPU_SECONDS = 100
UNPACKED_BYTES = 300_000_000
PACKED_FILES = 5_000
TIMES_SMALLER = 200
"""No honest document packs better than this, over its whole."""


def main() -> None:
    """Answer until the parent closes the pipe."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    socket.socket.connect = _refuse  # type: ignore[method-assign]
    print("ready", file=answers, flush=True)
    for line in sys.stdin:
        used = sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
        limit = int(used) + CPU_SECONDS
        with contextlib.suppress(ValueError):
            resource.setrlimit(resource.RLIMIT_CPU, (limit, resource.RLIM_INFINITY))
        print(json.dumps(_answer(Path(json.loads(line)))), file=answers, flush=True)


def _refuse(*_: Any) -> NoReturn:
    raise OSError("a document may not open connections")


def _answer(file: Path) -> dict[str, Any]:
    from inkwright.app.documents import readers

    try:
        if zipfile.is_zipfile(file):
            _check_packed(file)
        sources, notes = readers.read(file)
        return {"sources": [s.model_dump(mode="json") for s in sources], "notes": notes}
    except BadInput as fault:
        return {"unread": str(fault)}
    except ModuleNotFoundError:
        return {"unread": "reading it needs more: pip install 'inkwright[sources]'"}
    except MemoryError:
        return {"unread": "it is far too large when unpacked"}
    except Exception as fault:  # a parser of foreign files may raise anything
        told = str(fault).replace(str(file), file.name).replace(f"{file.parent}/", "")
        said = " ".join(told.split())[:160]
        return {"unread": f"it is broken ({type(fault).__name__}: {said})"}


def _check_packed(file: Path) -> None:
    with zipfile.ZipFile(file) as packed:
        parts = packed.infolist()
    unpacked = sum(part.file_size for part in parts)
    bomb = unpacked > max(file.stat().st_size * TIMES_SMALLER, 10_000_000)
    if len(parts) > PACKED_FILES or unpacked > UNPACKED_BYTES or bomb:
        raise BadInput(f"it would unpack to {unpacked:,} bytes in {len(parts):,} files")


if __name__ == "__main__":
    main()
