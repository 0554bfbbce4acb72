"""Whole runs through the two public doors, and what must be true after each of them."""

import asyncio
import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import inkwright
from inkwright.agents.llm.events import TextGrew
from inkwright.app.cli.runs import EXIT_CODES
from inkwright.memory.errors import InkwrightError
from inkwright.memory.store import journal
from inkwright.memory.store.library import Library
from tests.families.fake import Call, FakeServer
from tests.families.serving import Town
from tests.simserver.tokens import count_words

MARKS = [
    pytest.mark.families,
    pytest.mark.filterwarnings("ignore:Items? .* on TypedDict class:UserWarning"),  # LiteLLM's own,
    pytest.mark.filterwarnings("ignore:Accessing the 'model_:DeprecationWarning"),  # as it streams
]
BRIEF = """\
request: >-
  Write a report of 240 words in three sections about {subject}. Say what rises and what falls.
  Keep the tone calm. {extra}
title: {title}
words: 240
constraints:
- {{id: calm, text: It stays calm., where: all}}
{wishes}"""
SECTIONS = 3
LEAST_WORDS = 50
"""Of each section, which is to have eighty."""
NO_TEXT = re.compile(
    r"ruminate|</?(?:think|thinking|reasoning|seed:think)>|<\|?channel\|?>|<\|\w+\|>|\[/?THINK\]"
    r"|assistantfinal|[\0-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]|\[31m",
    re.IGNORECASE,
)
"""Thoughts, the marks of thoughts and of chats, and what is no text at all."""
_ENDS = re.compile(r"^#|[.!?…\ufffd][*_)\"'”’]*\s*$")
"""A heading, or a paragraph that ends as one does."""
PYTHON = re.compile(
    r"Traceback|list index|NoneType|object has no|Error\(|\bKeyError|litellm\.\w+Err"
)


@dataclass
class Run:
    """How one run went."""

    code: int
    output: str
    """What the person was told, errors too."""
    work: str = ""
    text: str = ""
    report: dict[str, Any] = field(default_factory=dict)
    summary: str = ""
    """``report.md``."""
    memory: str = ""
    """``memory.json``."""
    live: str = ""
    """What a person who watched saw of the text."""
    calls: list[Call] = field(default_factory=list)
    """What the server was asked in this run."""

    @property
    def error(self) -> str:
        """The one line that the run ended with; fails when there is none, or more."""
        lines = [
            line for line in self.output.splitlines() if line.startswith(("error:", "inkwright:"))
        ]
        assert len(lines) == 1, self.output
        return lines[0]

    def adaptations(self, words: str) -> list[str]:
        """Return the lines of the report that have ``words``, a pattern, in them."""
        lines = self.summary.splitlines()
        return [line for line in lines if re.search(words, line, re.IGNORECASE)]


class Desk:
    """A library of its own, set to one fake, and the two doors to it."""

    def __init__(self, town: Town, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._town, self._folder, self._monkeypatch = town, folder, monkeypatch
        self._fake: FakeServer | None = None
        self._set(HOME=str(folder / "library"), CONCURRENCY="4", TRIES="2")

    def connect(self, fake: FakeServer, **settings: str) -> str:
        """Set the fake as the model of every role, and return its root.

        ``settings`` are names without prefix, of which ``API_BASE`` is put behind the root.
        """
        self._fake = fake
        root = self._town.house(fake)
        base = root + settings.pop("API_BASE", fake.path)
        self._set(**{"API_BASE": base, "MODEL": f"openai/{fake.served}", **settings})
        return root

    def write_live(self, title: str = "Low Water") -> Run:
        """Write a piece by the Python API, watching the text grow."""
        out, brief, before = self._prepare(title, "", "")
        grown: list[str] = []

        async def follow() -> int:
            run = inkwright.stream(brief, out=out)
            async for event in run:
                if isinstance(event, TextGrew):
                    grown.append(event.text)
            return int(EXIT_CODES[run.manuscript.status])

        try:
            code, output = asyncio.run(follow()), ""
        except InkwrightError as fault:
            code, output = 1, f"error: {fault}"
        return self._read(Run(code, output, live="".join(grown)), title, out, before)

    def write(
        self, title: str = "High Water", *options: str, extra: str = "", wishes: str = ""
    ) -> Run:
        """Write a piece by the command line; ``extra`` is added to what is asked for.

        Each sentence of ``wishes`` becomes a constraint that every section carries.
        """
        out, brief, before = self._prepare(title, extra, wishes)
        code, output = self.command("write", str(brief), "--out", str(out), "--yes", *options)
        return self._read(Run(code, output), title, out, before)

    def command(self, *arguments: str) -> tuple[int, str]:
        """Run a command line in this process; return its exit code and what it said."""
        from inkwright.app.cli.main import app

        result = CliRunner().invoke(app, list(arguments))
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result.exit_code, result.output

    def load_journal(self) -> list[journal.JournaledCall]:
        """Return every journaled answer of the library."""
        library = Library.open(self._folder / "library")
        try:
            with library.read() as db:
                from sqlalchemy import text

                works = [row.id for row in db.execute(text("select id from works"))]
            return [call for work in works for call in journal.load_calls(library, work)]
        finally:
            library.close()

    def _set(self, **settings: str) -> None:
        for name, value in settings.items():
            self._monkeypatch.setenv(f"INKWRIGHT_{name}", value)

    def _prepare(self, title: str, extra: str, wishes: str) -> tuple[Path, Path, int]:
        assert self._fake is not None
        name = title.lower().replace(" ", "-")
        brief = self._folder / f"{name}.yaml"
        sentences = [sentence for sentence in wishes.split(". ") if sentence]
        lines = [
            f"- {{id: w{number}, text: '{text}', where: all}}\n"
            for number, text in enumerate(sentences)
        ]
        subject = f"{title.lower()} in a harbour"
        brief.write_text(
            BRIEF.format(title=title, subject=subject, extra=extra, wishes="".join(lines))
        )
        return self._folder / name, brief, len(self._fake.calls)

    def _read(self, run: Run, title: str, out: Path, before: int) -> Run:
        assert self._fake is not None
        run.calls = self._fake.calls[before:]
        if (out / "report.json").exists():
            run.report = json.loads((out / "report.json").read_text("utf-8"))
            run.work = run.report["work"]
            run.text = (out / "manuscript.md").read_text("utf-8")
            run.summary = (out / "report.md").read_text("utf-8")
            run.memory = (out / "memory.json").read_text("utf-8")
        return run


def check_text(run: Run, *, sections: int = SECTIONS) -> None:
    """Fail unless the run ended with at least so many sections, and nothing but text in them."""
    assert run.code in (0, 4), run.output or run.report.get("problems")
    written = [s for s in run.report["sections"] if (s["words"] or 0) >= LEAST_WORDS]
    assert len(written) >= sections, run.report["problems"]
    if run.code == 4:
        assert run.report["problems"] or "broken" in json.dumps(run.report)
    for name in ("text", "live", "memory"):
        found = NO_TEXT.search(getattr(run, name))
        assert found is None, f"{name} has {found and found.group()!r}"
    broken = [p[-60:] for p in re.split(r"\n\s*\n", run.text) if not _ENDS.search(p)]
    assert not broken, f"breaks off: {broken}"
    assert count_words(run.text) >= sections * LEAST_WORDS
    assert not PYTHON.search(run.output + run.summary)


def check_ending(run: Run, *words: str) -> str:
    """Fail unless the run ended in one line for people, with ``words`` in it; return the line."""
    assert run.code not in (0, 4), "the run did not end in an error"
    line = run.error
    assert not PYTHON.search(line), line
    for word in words:
        assert re.search(word, line, re.IGNORECASE), f"{word!r} is not in: {line}"
    return line


def check_journal(desk: Desk, runs: list[Run]) -> None:
    """Fail unless every whole answer to one of our prompts is journaled once."""
    calls = [call for run in runs for call in run.calls if call.whole and call.prompt]
    assert len(desk.load_journal()) == len(calls)


def count_refused(run: Run) -> int:
    """Return how many requests the server refused."""
    return sum(call.status >= 400 for call in run.calls)


def count_wasted(run: Run) -> int:
    """Return how many answers to our prompts were of no use."""
    return sum(call.whole and bool(call.prompt) and not call.useful for call in run.calls)
