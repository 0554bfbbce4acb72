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
from inkwright.memory.install_command import build_extra_command

MEMORY_BYTES = 3_000_000_000
CPU_SECONDS = 100
MAX_UNPACKED_BYTES = 300_000_000
MAX_PACKED_FILES = 5_000
MAX_PACKING_RATIO = 200
"""No honest document packs better than this, over its whole."""


def main() -> None:
    """Answer until the parent closes the pipe."""
    output = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    socket.socket.connect = _refuse  # type: ignore[method-assign]
    print("ready", file=output, flush=True)
    for line in sys.stdin:
        used_seconds = sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
        limit_seconds = int(used_seconds) + CPU_SECONDS
        with contextlib.suppress(ValueError):
            resource.setrlimit(resource.RLIMIT_CPU, (limit_seconds, resource.RLIM_INFINITY))
        print(json.dumps(_build_answer(Path(json.loads(line)))), file=output, flush=True)


def _refuse(*_: Any) -> NoReturn:
    raise OSError("a document may not open connections")


def _build_answer(file: Path) -> dict[str, Any]:
    from inkwright.app.documents import readers

    try:
        if zipfile.is_zipfile(file):
            _check_archive(file)
        sources, notes = readers.read(file)
        return {"sources": [s.model_dump(mode="json") for s in sources], "notes": notes}
    except BadInput as fault:
        return {"unread": str(fault)}
    except ModuleNotFoundError:
        return {"unread": f"reading it needs more: {build_extra_command('sources')}"}
    except MemoryError:
        return {"unread": "it is far too large when unpacked"}
    except Exception as fault:  # a parser of foreign files may raise anything
        message = str(fault).replace(str(file), file.name).replace(f"{file.parent}/", "")
        short_message = " ".join(message.split())[:160]
        return {"unread": f"it is broken ({type(fault).__name__}: {short_message})"}


def _check_archive(file: Path) -> None:
    with zipfile.ZipFile(file) as archive:
        parts = archive.infolist()
    unpacked_bytes = sum(part.file_size for part in parts)
    is_bomb = unpacked_bytes > max(file.stat().st_size * MAX_PACKING_RATIO, 10_000_000)
    if len(parts) > MAX_PACKED_FILES or unpacked_bytes > MAX_UNPACKED_BYTES or is_bomb:
        raise BadInput(f"it would unpack to {unpacked_bytes:,} bytes in {len(parts):,} files")


if __name__ == "__main__":
    main()
