"""Writers in processes of their own, to be killed.

They are forked from one process that has imported everything, so that each is there at once.
"""

import asyncio
import multiprocessing
import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from sqlalchemy import event

from inkwright.agents.llm.config import CallSettings, Limits
from inkwright.agents.llm.events import ignore_event
from inkwright.memory.store.library import Library
from tests.loopback import stay_on_loopback

_forks = multiprocessing.get_context("forkserver")
_forks.set_forkserver_preload(["tests.runs.child", "tests.runs.preloaded"])
FILES = ("library.db", "library.db-wal")


@contextmanager
def writing(
    home: Path, work: str, how: CallSettings, *, copies: Path | None = None
) -> Iterator[BaseProcess]:
    """Yield a process that writes a work. If it is still alive at the end, it is killed.

    With ``copies``, it leaves there a copy of the library as it stood before each commit, in
    folders named 1, 2, 3...: what a crash at that moment would leave on the disk.
    """
    arguments = (home, work, how.model_dump_json(), copies)
    with _running(_write, *arguments) as process:
        yield process


@contextmanager
def commanding(*arguments: str) -> Iterator[BaseProcess]:
    """Yield a process that runs ``inkwright`` with these arguments, in the folder of this one.

    What it says goes to ``said.txt`` there. If it is still alive at the end, it is killed.
    """
    with _running(_command, Path.cwd(), dict(os.environ), arguments) as process:
        yield process


def kill(process: BaseProcess) -> None:
    """End a process as ``kill -9`` does, and return when it is gone."""
    assert process.is_alive(), "it ended by itself"
    process.kill()
    process.join()
    assert process.exitcode == -signal.SIGKILL


@contextmanager
def _running(act: Callable[..., None], *arguments: Any) -> Iterator[BaseProcess]:
    """Yield a process that does ``act``; it is gone when the block has ended."""
    process = _forks.Process(target=act, args=arguments)
    process.start()
    try:
        yield process
    finally:
        process.kill()
        process.join()


def _write(home: Path, work: str, how: str, copies: Path | None) -> None:
    from inkwright.agents.orchestration.run import RunInputs, run

    stay_on_loopback()
    library = Library.open(home)
    if copies is not None:
        _copy_before_commits(library, copies)
    called = CallSettings.model_validate_json(how)
    asyncio.run(
        run(work, RunInputs(library=library, calling=called, limits=Limits(), watch=ignore_event))
    )


def _command(folder: Path, environment: dict[str, str], arguments: tuple[str, ...]) -> None:
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    with Path("said.txt").open("wb") as said:
        os.dup2(said.fileno(), 1)
        os.dup2(said.fileno(), 2)
    stay_on_loopback()
    from inkwright.app.cli.main import main

    sys.argv = ["inkwright", *arguments]
    main()


def _copy_before_commits(library: Library, copies: Path) -> None:
    taken = 0

    @event.listens_for(library.engine, "commit")
    def _copy(_connection: object) -> None:
        nonlocal taken
        taken += 1
        folder = copies / str(taken)
        folder.mkdir(parents=True)
        for name in FILES:
            if (library.home / name).exists():
                shutil.copy2(library.home / name, folder / name)
