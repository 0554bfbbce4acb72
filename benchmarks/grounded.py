"""Writing from sources: what is cited before and after review, held against the sources' own words.

``python -m benchmarks.grounded [--works 2] [--embedded]``

Reports are written from the ten real documents in ``data/grounded`` by a simulated writer that
invents a fifth of its citations and misquotes a fifth of what it copies; once with a judge that
errs never, once with one that misses a tenth and raises a false alarm in a tenth. The truth is
what was planted: the writer copies whole sentences, so a citation is right when its sentence stands
in the source it names, white space aside. Precision: right ones of all citations. Recall: right
ones of all sentences that the writer set out to cite.
"""

import argparse
import re
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import inkwright
from benchmarks.harness import begun, write
from inkwright.agents.llm.config import Ablation
from inkwright.app.config.settings import Settings
from inkwright.app.documents.loader import load_sources
from inkwright.app.manuscripts import citation_report
from inkwright.memory.citations import syntax
from inkwright.memory.domain.brief import Brief, CitationStyle, OutlineItem
from inkwright.memory.domain.draft import Draft
from inkwright.memory.domain.source import Source
from inkwright.memory.ids import WorkId
from inkwright.memory.store import drafts, plans, sources, works
from inkwright.memory.store.library import Library
from tests.simserver.config import SimConfig
from tests.simserver.process import SimServer

DOCUMENTS = Path(__file__).parent / "data" / "grounded" / "documents"
SECTIONS, WORDS, SLOTS = 8, 180, 8
WRITER: dict[str, Any] = {"invents_sources": 0.2, "misquotes": 0.2, "citations": 3}
JUDGES: Mapping[str, dict[str, float]] = {
    "errs never": {"judge_miss": 0.0, "judge_false": 0.0},
    "errs in a tenth": {"judge_miss": 0.1, "judge_false": 0.1},
}
STYLES: tuple[CitationStyle, ...] = ("numeric", "author-year", "footnote")
REQUESTS = {
    "en": "Write a report on how SQLite and Debian are made and used.",
    "zh": "请写一份关于 Debian 如何发布软件的报告。",
}
FORMS = {"CitationPlan": "placing", "Choices": "choosing passages", "Supports": "judging support"}


@dataclass
class Found:
    """Citations over several works."""

    planted: int = 0
    """Sentences that first drafts cite, each once: what several sections have, review leaves in
    one."""
    begun: int = 0
    """Those of them that were right at once."""
    before: Counter[bool] = field(default_factory=Counter)
    """Citations of first drafts, by whether they are right."""
    after: Counter[bool] = field(default_factory=Counter)
    """Of finished ones."""
    unnoticed: int = 0
    """Wrong ones that the report calls supported."""
    kept: int = 0
    """Right ones of finished works, in each at most as many as were planted."""
    equal: int = 0
    """Works whose list of references is what they cite."""
    statuses: Counter[str] = field(default_factory=Counter)
    calls: Counter[str] = field(default_factory=Counter)
    """By what they are for."""
    works: int = 0

    def row(self) -> str:
        """Return precision and recall before and after, and what else there is to tell."""
        before, after = self.before, self.after
        return (
            f"precision {before[True] / before.total():.3f} -> {after[True] / after.total():.3f}, "
            f"recall {self.begun / self.planted:.3f} -> {self.kept / self.planted:.3f}, "
            f"{self.unnoticed} wrong ones called supported, "
            f"references equal citations in {self.equal} of {self.works} works, "
            f"{dict(self.statuses)}"
        )


def documents() -> dict[str, list[Source]]:
    """Return the documents by language."""
    found = load_sources(str(DOCUMENTS.name), DOCUMENTS.parent, "the benchmark").sources
    return {
        "en": [s for s in found if not s.name.rpartition(".")[0].endswith("-zh")],
        "zh": [s for s in found if s.name.rpartition(".")[0].endswith("-zh")],
    }


def brief(language: str, given: Sequence[Source], style: CitationStyle, seed: int) -> Brief:
    """Return a report whose sections are each about what a heading of the documents says."""
    request = REQUESTS[language]
    topics = [heading for source in given for heading in _headings(source)]
    step = len(topics) / SECTIONS
    chosen = [topics[int((n + seed / 10) * step) % len(topics)] for n in range(SECTIONS)]
    outline = tuple(
        OutlineItem(title=f"{n}. {topic}", purpose=topic, words=WORDS)
        for n, topic in enumerate(chosen, 1)
    )
    return Brief(
        request=request,
        language=language,
        kind="report",
        continuity="free",
        outline=outline,
        sources=tuple(given),
        cite=style,
        seed=seed,
    )


def _headings(source: Source) -> list[str]:
    """Return what the parts of a document are about, without their numbers."""
    found = re.findall(r"^#{2,3}\s+(.+)$", source.text, re.MULTILINE)
    told = (re.sub(r"^[\d.\s]+", "", " ".join(h.split())) for h in found)
    return [h for h in dict.fromkeys(told) if 3 < len(h) < 80] or [source.title]


def measure(server: SimServer, wanted: Brief, found: Found) -> None:
    """Write a work and add what it cites."""
    with begun(wanted, Ablation()) as (library, work):
        server.reset_log()
        result = write(server, library, work, slots=SLOTS)
        found.works += 1
        found.statuses[result.status] += 1
        for call in server.calls(kind="chat"):
            found.calls[FORMS.get(call.schema_name or "", call.role)] += 1
        texts = {k.source.key: _bare(k.source.text) for k in sources.load_sources(library, work)}
        current = drafts.current(library, work)
        first = [
            c for sid in current for c in _cited(drafts.versions(library, work, sid)[0], texts)
        ]
        last = [c for draft in current.values() for c in _cited(draft, texts)]
        found.before += Counter(c.right for c in first)
        found.after += Counter(c.right for c in last)
        found.unnoticed += sum(
            not right and ground.status == "supported"
            for draft in current.values()
            for ground in (draft.review.grounds if draft.review else ())
            for _, right in _cited(draft.model_copy(update={"text": ground.claim}), texts)
        )
        planted = {c.said for c in first}
        found.planted += len(planted)
        found.begun += len({c.said for c in first if c.right})
        found.kept += min(len({c.said for c in last if c.right}), len(planted))
        found.equal += _references_are_what_is_cited(library, work)


class Citation(NamedTuple):
    """A sentence with one of the sources that it cites."""

    said: str
    right: bool
    """It stands in that source."""


def _cited(draft: Draft, sources: Mapping[str, str]) -> list[Citation]:
    return [
        Citation(said, said in sources.get(key, ""))
        for claim in syntax.find_claims(draft.text)
        for said in [_bare(claim.plain_text).rstrip(".。")]
        for key in claim.keys
    ]


def _bare(text: str) -> str:
    return "".join(text.split())


def _references_are_what_is_cited(library: Library, work: WorkId) -> bool:
    """True when the manuscript's list has a line for each source that is cited, and no other."""
    plan, wanted = plans.current(library, work), works.get(library, work).brief
    assert plan is not None
    current, kept = drafts.current(library, work), sources.load_sources(library, work)
    text = citation_report.build_manuscript(plan.outline, current, wanted, kept)
    known = {k.source.key: k.source.title for k in kept}
    keys = {k for d in current.values() for k in syntax.find_keys(d.text) if k in known}
    if wanted.cite == "footnote":
        called = re.findall(r"\[\^(\d+)\](?!:)", text)
        lines = re.findall(r"^\[\^(\d+)\]: ", text, re.MULTILINE)
        return called == lines
    listed = re.split(r"^## (?:References|参考文献)$", text, flags=re.MULTILINE)[-1]
    lines = [line for line in listed.split("\n\n") if line.strip()]
    told = all(any(known[key] in line for line in lines) for key in keys)
    return told and len(lines) == len(keys)


def embedded() -> None:
    """Write one short piece with the embedded model, and print what its report says of it."""
    by_name = {s.name: s for s in documents()["en"]}
    outline = (
        OutlineItem(title="Where it is", purpose="Say where SQLite is used.", words=60),
        OutlineItem(title="How many there are", purpose="Say how many there may be.", words=60),
    )
    wanted = Brief(
        request="A short note about SQLite, from the source.",
        outline=outline,
        sources=(by_name["sqlite-mostdeployed.docx"],),
    )
    with tempfile.TemporaryDirectory() as home:
        settings = Settings.load(home=Path(home), model="embedded")
        piece = inkwright.write(wanted, settings=settings)
    report = piece.report
    print(f"embedded model: {report['status']}, {report['words']} words")
    for citation in report["citations"]:
        print(f"  {citation['status']}: {citation['claim']!r} {citation['why']}".rstrip())
    for line in report["problems"]:
        print(f"  - {line}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--works", type=int, default=2, help="for each language and style")
    parser.add_argument("--embedded", action="store_true", help="with the embedded model instead")
    told = parser.parse_args()
    if told.embedded:
        embedded()
        return
    given = documents()
    with SimServer(SimConfig(slots=SLOTS, **WRITER)) as server:
        for judge, errors in JUDGES.items():
            server.configure(**errors)
            found = Found()
            for language in REQUESTS:
                for style in STYLES:
                    for seed in range(1, told.works + 1):
                        wanted = brief(language, given[language], style, seed)
                        measure(server, wanted, found)
            sections = found.works * SECTIONS
            print(f"judge {judge}: {found.works} works of {SECTIONS} sections, {found.row()}")
            calls = {what: round(n / sections, 2) for what, n in found.calls.most_common()}
            print(f"  calls a section: {found.calls.total() / sections:.2f}: {calls}")


if __name__ == "__main__":
    main()
