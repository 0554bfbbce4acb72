"""Talk planted in texts, and texts in which there is none: what the rules of a draft say of both.

    python -m benchmarks.talk planted            # 47 kinds in 8 languages, data/planted_talk.yaml
    python -m benchmarks.talk texts FOLDER...    # books and documents (.txt, .md) of your own

Of texts by people it also counts sentences said again (within a section, or from the one before)
and numbers that disagree, in pieces of 20 sections. In such texts nothing ought to be found. Each
is taken in sections of about 300 words, cut between paragraphs, or at its headings. Public-domain
books are at gutenberg.org; leave out what the publisher put before and after them.
"""

import argparse
import re
from collections import Counter
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any

import yaml

from inkwright.agents.checks.number_conflicts import find_number_conflicts
from inkwright.memory.talk.recognise import find_talk
from inkwright.memory.talk.spans import cut_talk
from inkwright.memory.talk.window import TalkContext
from inkwright.memory.text.draft_repeats import find_draft_repeats
from inkwright.memory.text.words import count_words, sentences

SECTION_WORDS = 300
PIECE_SECTIONS = 20
_HEADING = re.compile(r"^#{1,6} .*$", re.MULTILINE)
_GAP = re.compile(r"\n[ \t]*\n")


def plant(data: dict[str, Any], group: str) -> Iterator[tuple[str, str, str, str, TalkContext]]:
    """Yield kind, language, answer, the text alone and what it was asked with."""
    for kind, templates in data[group].items():
        for language, prose in data["prose"].items():
            template = templates.get(language) or templates["all"]
            title, order = data["titles"][language], data["orders"][language]
            answer = template
            values = {"prose": prose, "title": title, "words": "142", "order": order}
            for name, value in values.items():
                answer = answer.replace(f"{{{name}}}", value)
            instructions = (
                "You are the writer. Write the section ordered below.\n\n"
                f"Section: s4\nTitle: {title}\nPurpose: {order}\nRequirements:\n- [c7] {order}\n"
                "Length: about 142 words"
            )
            yield kind, language, answer, prose, TalkContext(title=title, instructions=instructions)


def judge(answer: str, prose: str, context: TalkContext) -> str:
    """Return ``cut``, ``doubt``, ``missed``, or ``lost`` where words of the text went."""
    spans = find_talk(answer, context)
    text = cut_talk(answer, spans)
    if text == prose:
        return "cut"
    if prose not in text:
        return "lost"
    return "doubt" if any(s.certainty == "doubt" for s in spans) else "missed"


def run_planted() -> None:
    source = resources.files("benchmarks").joinpath("data/planted_talk.yaml")
    data = yaml.safe_load(source.read_text(encoding="utf-8"))
    for group in ("kinds", "later_kinds"):
        _run_group(data, group)


def _run_group(data: dict[str, Any], group: str) -> None:
    totals: Counter[str] = Counter()
    by_kind: dict[str, Counter[str]] = {}
    for kind, language, answer, prose, context in plant(data, group):
        outcome = judge(answer, prose, context)
        totals[outcome] += 1
        by_kind.setdefault(kind, Counter())[outcome] += 1
        if outcome in ("missed", "lost"):
            print(f"{outcome}: {kind} {language}")
    for kind, counts in by_kind.items():
        print(f"{kind:20} " + ", ".join(f"{name} {n}" for name, n in sorted(counts.items())))
    total = totals.total()
    flagged = totals["cut"] + totals["doubt"]
    print(
        f"{group}: {total} planted: cut {totals['cut'] / total:.1%},"
        f" cut or doubted {flagged / total:.1%}"
    )


def split_sections(text: str, *, at_headings: bool) -> Iterator[str]:
    """Yield pieces of about 300 words, or what stands between headings."""
    if at_headings:
        yield from (part.strip() for part in _HEADING.split(text) if part.strip())
        return
    paragraphs: list[str] = []
    for paragraph in filter(str.strip, _GAP.split(text)):
        paragraphs.append(paragraph)
        if sum(map(count_words, paragraphs)) >= SECTION_WORDS:
            yield "\n\n".join(paragraphs)
            paragraphs = []
    if paragraphs:
        yield "\n\n".join(paragraphs)


def run_texts(paths: list[Path], *, show: bool) -> None:
    files = [f for p in paths for f in (sorted(p.rglob("*")) if p.is_dir() else [p])]
    totals: Counter[str] = Counter()
    words = repeats = conflicts = 0
    for file in files:
        if file.suffix not in (".txt", ".md"):
            continue
        is_markdown = file.suffix == ".md"
        context = TalkContext(title="-", allows_headings=is_markdown)
        text = file.read_text(encoding="utf-8")
        sections = list(split_sections(text, at_headings=is_markdown))
        words += sum(map(count_words, sections))
        for before, section in zip(["", *sections], sections, strict=False):
            repeats += len(find_draft_repeats(section, [before], allows_refrains=True))
        for first in range(0, len(sections), PIECE_SECTIONS):
            piece = sections[first : first + PIECE_SECTIONS]
            conflicts += len(find_number_conflicts({str(n): s for n, s in enumerate(piece)}))
        for section in sections:
            spans = find_talk(section, context)
            totals["sections"] += 1
            totals["sentences"] += len(sentences(section))
            totals["cut"] += sum(1 for s in spans if s.certainty == "cut")
            totals["doubted"] += any(s.certainty == "doubt" for s in spans)
            for span in spans if show else ():
                print(f"{file.name}: {span.certainty} ({span.kind}): {span.quote[:100]!r}")
    print(
        f"{totals['sections']} sections, {totals['sentences']} sentences: {totals['cut']} cuts,"
        f" {totals['doubted']} sections doubted"
        f" (one in {totals['sections'] / max(totals['doubted'], 1):.0f})"
    )
    print(
        f"{words} words: {repeats} sentences said again ({repeats / max(words, 1) * 10_000:.2f} in"
        f" 10,000 words), {conflicts} numbers that disagree"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("planted")
    texts = commands.add_parser("texts")
    texts.add_argument("paths", type=Path, nargs="+")
    texts.add_argument("--show", action="store_true", help="print what is found")
    options = parser.parse_args()
    if options.command == "planted":
        run_planted()
    else:
        run_texts(options.paths, show=options.show)


if __name__ == "__main__":
    main()
