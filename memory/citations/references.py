"""Citations and the list of references as a reader sees them, in the style the brief asks for."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

import regex

from inkwright.memory.citations import syntax
from inkwright.memory.citations.syntax import Mention
from inkwright.memory.domain.brief import CitationStyle
from inkwright.memory.domain.source import Source, family

SUPERSCRIPTS = dict(zip("0123456789+-=()", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾", strict=True))
_DOI = "https://doi.org/"


@dataclass(frozen=True)
class FormattedCitations:
    """Citations and references as a style writes them, in Markdown."""

    citations: tuple[str, ...]
    """One for each citation, in reading order; empty where none of its keys is a source."""
    listed: str = ""
    """The list of references, with its heading; empty where the style has none."""
    notes: tuple[str, ...] = ()
    """Footnotes; ``[^1]`` in a citation is the first."""


class ManuscriptCitations:
    """What a manuscript cites, over all its sections, and how it reads."""

    def __init__(
        self, texts: Mapping[str, str], sources: Mapping[str, Source], written: FormattedCitations
    ) -> None:
        """``texts``: the sections' texts by id, in reading order."""
        self.keys = known_keys(texts, sources)
        """Those of sources, each once, in the order of first mention."""
        self.listed, self.notes = written.listed, written.notes
        self._shown: dict[str, str] = {}
        self._stand: list[tuple[str, str | None]] = []
        """What looks like a citation in reading order, with what it is in the draft; None: it is
        no citation there."""
        longest = sorted(filter(None, set(written.citations)), key=lambda w: (-len(w), w))
        self._look = regex.compile("|".join(map(regex.escape, longest))) if longest else None
        left = iter(written.citations)
        for sid, text in texts.items():
            self._shown[sid] = self._read(text, left) if sources else text

    def shown(self, section: str) -> str:
        """Return a section's text with its citations in the style of the manuscript.

        Without sources nothing is a citation, whatever it looks like.
        """
        return self._shown[section]

    def taken_back(self, manuscript: str) -> str:
        """Return a manuscript, edited perhaps, with its citations as drafts have them.

        The list of references at its end is left out: it follows from the citations.
        """
        if not self.keys:
            return manuscript
        head = manuscript.rstrip().removesuffix(self.references())
        text = f"{head.rstrip()}\n" if head != manuscript.rstrip() else manuscript
        found = list(self._looks(text))
        meant = self._meant([m.group() for m in found])
        pieces, at = [], 0
        for match, raw in zip(found, meant, strict=True):
            pieces += [text[at : match.start()], match.group() if raw is None else raw]
            at = match.end()
        return "".join([*pieces, text[at:]])

    def references(self) -> str:
        """Return what stands at the end of the manuscript: the list of what is cited, and notes."""
        return endmatter(self.listed, self.notes)

    def _read(self, text: str, left: Iterator[str]) -> str:
        """Return ``text`` as it reads, and note what in it is a citation."""
        pieces, at, places = [], 0, {}
        for gap, citation, place in syntax.found(text):
            written = next(left)
            close = written.startswith("[^") or written[:1] in SUPERSCRIPTS.values()
            kept = "" if close or not written else gap
            pieces.append(f"{text[at:place]}{kept}")
            if written:
                raw = citation if kept else f"{gap}{citation}"
                places[sum(map(len, pieces))] = raw
            pieces.append(written)
            at = place + len(gap) + len(citation)
        shown = "".join([*pieces, text[at:]])
        self._stand += [(m.group(), places.get(m.start())) for m in self._looks(shown)]
        return shown

    def _looks(self, text: str) -> Iterator["regex.Match[str]"]:
        """Yield what looks like a citation."""
        return iter(()) if self._look is None else self._look.finditer(text)

    def _meant(self, found: Sequence[str]) -> list[str | None]:
        """Return what each of these is in a draft, by what stood in its place.

        What is new there means what it means everywhere else, and is no citation if it means
        several things.
        """
        meanings: dict[str, set[str | None]] = {}
        for look, raw in self._stand:
            meanings.setdefault(look, set()).add(raw)
        meant = [next(iter(m)) if len(m := meanings[f]) == 1 else None for f in found]
        stood = [look for look, _ in self._stand]
        for same in SequenceMatcher(None, stood, found, autojunk=False).get_matching_blocks():
            for place in range(same.size):
                meant[same.b + place] = self._stand[same.a + place][1]
        return meant


def endmatter(listed: str, notes: Sequence[str]) -> str:
    """Return a list of references and footnotes as Markdown has them."""
    told = "\n\n".join(f"[^{n}]: {note}" for n, note in enumerate(notes, 1))
    return "\n\n".join(part for part in (listed, told) if part)


def known_keys(texts: Mapping[str, str], sources: Mapping[str, Source]) -> list[str]:
    """Return the keys of sources that texts cite, each once, in the order of first mention."""
    return list(dict.fromkeys(m.key for group in known_groups(texts, sources) for m in group))


def known_groups(
    texts: Mapping[str, str], sources: Mapping[str, Source]
) -> list[tuple[Mention, ...]]:
    """Return the sources that each citation of texts mentions, in reading order."""
    return [
        tuple(mention for mention in group if mention.key in sources)
        for text in texts.values()
        for group in syntax.groups(text)
    ]


def written(
    texts: Mapping[str, str], sources: Mapping[str, Source], style: CitationStyle, *, han: bool
) -> FormattedCitations:
    """Return the citations and references of a manuscript in one of our own styles.

    Numeric lists follow the order of first mention, author-year lists the alphabet. A style with
    notes has no list of its own: the notes are it, a work in full where it is first mentioned.
    """
    keys = known_keys(texts, sources)
    if not keys:
        return FormattedCitations(tuple("" for t in texts.values() for _ in syntax.groups(t)))
    writer = _Writer(keys, sources, han=han)
    groups = known_groups(texts, sources)
    told = {key: reference(sources[key], writer.letter(key)) for key in keys}
    if style == "footnote":
        return writer.as_notes(groups, told)
    if style == "numeric":
        number = {key: n for n, key in enumerate(keys, 1)}
        lines = [f"[{number[key]}] {told[key]}" for key in keys]
        cited = [_numbered(g, number) for g in groups]
    else:
        lines = sorted(told.values(), key=str.casefold)
        cited = [f"({'; '.join(map(writer.in_brackets, g))})" if g else "" for g in groups]
    return FormattedCitations(tuple(cited), "\n\n".join([heading(han=han), *lines]))


def _numbered(group: Sequence[Mention], number: Mapping[str, int]) -> str:
    """Return numbers in brackets, in their order, with the words about them."""
    told = [_said(m, str(number[m.key])) for m in sorted(group, key=lambda m: number[m.key])]
    plain = all(t.isdecimal() for t in told)
    return f"[{(', ' if plain else '; ').join(told)}]" if told else ""


def _said(mention: Mention, work: str) -> str:
    """Return a work as it is mentioned."""
    head = f"{mention.before} {work}" if mention.before else work
    return f"{head}, {mention.after}" if mention.after else head


def _noted(mention: Mention, work: str) -> str:
    """Return a work as a note mentions it; what is told after it stands before its full stop."""
    if not mention.after:
        return _said(mention, work)
    return _stopped(_said(mention, work.removesuffix(".")))


def heading(*, han: bool) -> str:
    """Return the heading of a list of references."""
    return f"## {'参考文献' if han else 'References'}"


class _Writer:
    def __init__(self, keys: Sequence[str], sources: Mapping[str, Source], *, han: bool) -> None:
        self._keys, self._sources, self._han = keys, sources, han

    def as_notes(
        self, groups: Sequence[tuple[Mention, ...]], told: Mapping[str, str]
    ) -> FormattedCitations:
        cited, notes, mentioned = [], list[str](), set[str]()
        for group in groups:
            parts = []
            for mention in group:
                key = mention.key
                work = f"{self.author_year(key)}." if key in mentioned else told[key]
                parts.append(_noted(mention, work))
                mentioned.add(key)
            if parts:
                notes.append(" ".join(parts))
            cited.append(f"[^{len(notes)}]" if parts else "")
        return FormattedCitations(tuple(cited), notes=tuple(notes))

    def in_brackets(self, mention: Mention) -> str:
        return _said(mention, self.author_year(mention.key))

    def author_year(self, key: str) -> str:
        return f"{self._who(key)}, {self._sources[key].year or 'n.d.'}{self.letter(key)}"

    def letter(self, key: str) -> str:
        """Tell works apart that would be cited by the same names and year, as a, b, c."""
        source, who = self._sources[key], self._who(key)
        same_year = [k for k in self._keys if self._sources[k].year == source.year]
        alike = [k for k in same_year if self._sources[k].authors and self._who(k) == who]
        return chr(ord("a") + alike.index(key) % 26) if source.authors and len(alike) > 1 else ""

    def _who(self, key: str) -> str:
        source = self._sources[key]
        names = [family(a) for a in source.authors]
        several = f"{names[0]}等" if self._han and names else f"{(names or [''])[0]} et al."
        both = "和".join(names) if self._han else " and ".join(names)
        return {0: source.title, 1: both, 2: both}.get(len(names), several)


def reference(source: Source, letter: str = "") -> str:
    """Return one line: authors, year (with the ``letter`` that sets it apart), title, where.

    A work without authors is found by its title.
    """
    who = ("; " if any("," in a for a in source.authors) else ", ").join(source.authors)
    year = f"({source.year}{letter})" if source.year else ""
    head = " ".join(part for part in (who or source.title, year) if part)
    told = f"{head}. {source.title}" if who else head
    return " ".join([_stopped(told), *map(_stopped, _where(source.more))])


def _where(more: Mapping[str, object]) -> Iterator[str]:
    """Yield where a work came out, as far as its reference says."""

    def said(name: str) -> str:
        return " ".join(str(more.get(name) or "").split())

    if container := said("container-title"):
        issue = f"({said('issue')})" if said("issue") else ""
        volume = f" {said('volume')}{issue}" if said("volume") or issue else ""
        pages = f", {said('page')}" if said("page") else ""
        yield f"{container}{volume}{pages}"
    if publisher := said("publisher"):
        yield f"{said('publisher-place')}: {publisher}" if said("publisher-place") else publisher
    if doi := said("DOI"):
        yield f"{_DOI}{doi}"
    elif url := said("URL"):
        yield url


def _stopped(told: str) -> str:
    link = told.startswith("http")
    return told if link or told.endswith((".", "。", "?", "!")) else f"{told}."
