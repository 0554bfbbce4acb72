"""Citations and the list of references as a reader sees them, in the style the brief asks for."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

import regex

from inkwright.memory.citations import syntax
from inkwright.memory.citations.syntax import Mention
from inkwright.memory.domain.brief import CitationStyle
from inkwright.memory.domain.source import Source, get_family_name
from inkwright.memory.ids import SectionId

SUPERSCRIPTS = dict(zip("0123456789+-=()", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾", strict=True))
_DOI = "https://doi.org/"


@dataclass(frozen=True)
class FormattedCitations:
    """Citations and references as a style writes them, in Markdown."""

    citations: tuple[str, ...]
    """One for each citation, in reading order; empty where none of its keys is a source."""
    reference_list: str = ""
    """The list of references, with its heading; empty where the style has none."""
    notes: tuple[str, ...] = ()
    """Footnotes; ``[^1]`` in a citation is the first."""


class ManuscriptCitations:
    """What a manuscript cites, over all its sections, and how it reads."""

    def __init__(
        self,
        texts: Mapping[SectionId, str],
        sources: Mapping[str, Source],
        formatted_citations: FormattedCitations,
    ) -> None:
        """``texts``: the sections' texts by id, in reading order."""
        self.keys = list_cited_keys(texts, sources)
        """Those of sources, each once, in the order of first mention."""
        self.reference_list = formatted_citations.reference_list
        self.notes = formatted_citations.notes
        self._formatted_texts: dict[str, str] = {}
        self._lookalikes: list[tuple[str, str | None]] = []
        """What looks like a citation in reading order, with what it is in the draft; None: it is
        no citation there."""
        longest_first = sorted(
            filter(None, set(formatted_citations.citations)), key=lambda w: (-len(w), w)
        )
        self._lookalike_pattern = (
            regex.compile("|".join(map(regex.escape, longest_first))) if longest_first else None
        )
        remaining_citations = iter(formatted_citations.citations)
        for section_id, text in texts.items():
            self._formatted_texts[section_id] = (
                self._format_text(text, remaining_citations) if sources else text
            )

    def get_formatted_text(self, section_id: SectionId) -> str:
        """Return a section's text with its citations in the style of the manuscript.

        Without sources nothing is a citation, whatever it looks like.
        """
        return self._formatted_texts[section_id]

    def restore_citations(self, manuscript: str) -> str:
        """Return a manuscript, edited perhaps, with its citations as drafts have them.

        The list of references at its end is left out: it follows from the citations.
        """
        if not self.keys:
            return manuscript
        body = manuscript.rstrip().removesuffix(self.build_endmatter())
        text = f"{body.rstrip()}\n" if body != manuscript.rstrip() else manuscript
        matches = list(self._find_lookalikes(text))
        raw_citations = self._resolve_lookalikes([m.group() for m in matches])
        pieces, position = [], 0
        for match, raw in zip(matches, raw_citations, strict=True):
            pieces += [text[position : match.start()], match.group() if raw is None else raw]
            position = match.end()
        return "".join([*pieces, text[position:]])

    def build_endmatter(self) -> str:
        """Return what stands at the end of the manuscript: the list of what is cited, and notes."""
        return format_endmatter(self.reference_list, self.notes)

    def _format_text(self, text: str, remaining_citations: Iterator[str]) -> str:
        """Return ``text`` as it reads, and note what in it is a citation."""
        pieces, position, raw_by_position = [], 0, {}
        for gap, raw_citation, start in syntax.find_citations(text):
            citation_text = next(remaining_citations)
            is_attached = (
                citation_text.startswith("[^") or citation_text[:1] in SUPERSCRIPTS.values()
            )
            kept_gap = "" if is_attached or not citation_text else gap
            pieces.append(f"{text[position:start]}{kept_gap}")
            if citation_text:
                raw = raw_citation if kept_gap else f"{gap}{raw_citation}"
                raw_by_position[sum(map(len, pieces))] = raw
            pieces.append(citation_text)
            position = start + len(gap) + len(raw_citation)
        formatted_text = "".join([*pieces, text[position:]])
        self._lookalikes += [
            (m.group(), raw_by_position.get(m.start()))
            for m in self._find_lookalikes(formatted_text)
        ]
        return formatted_text

    def _find_lookalikes(self, text: str) -> Iterator["regex.Match[str]"]:
        """Yield what looks like a citation."""
        return (
            iter(()) if self._lookalike_pattern is None else self._lookalike_pattern.finditer(text)
        )

    def _resolve_lookalikes(self, lookalikes: Sequence[str]) -> list[str | None]:
        """Return what each of these is in a draft, by what stood in its place.

        What is new there means what it means everywhere else, and is no citation if it means
        several things.
        """
        meanings: dict[str, set[str | None]] = {}
        for lookalike, raw in self._lookalikes:
            meanings.setdefault(lookalike, set()).add(raw)
        raw_citations = [next(iter(m)) if len(m := meanings[f]) == 1 else None for f in lookalikes]
        earlier_lookalikes = [lookalike for lookalike, _ in self._lookalikes]
        for block in SequenceMatcher(
            None, earlier_lookalikes, lookalikes, autojunk=False
        ).get_matching_blocks():
            for offset in range(block.size):
                raw_citations[block.b + offset] = self._lookalikes[block.a + offset][1]
        return raw_citations


def format_endmatter(reference_list: str, notes: Sequence[str]) -> str:
    """Return a list of references and footnotes as Markdown has them."""
    footnotes = "\n\n".join(f"[^{n}]: {note}" for n, note in enumerate(notes, 1))
    return "\n\n".join(part for part in (reference_list, footnotes) if part)


def list_cited_keys(texts: Mapping[SectionId, str], sources: Mapping[str, Source]) -> list[str]:
    """Return the keys of sources that texts cite, each once, in the order of first mention."""
    return list(dict.fromkeys(m.key for group in list_cited_groups(texts, sources) for m in group))


def list_cited_groups(
    texts: Mapping[SectionId, str], sources: Mapping[str, Source]
) -> list[tuple[Mention, ...]]:
    """Return the sources that each citation of texts mentions, in reading order."""
    return [
        tuple(mention for mention in group if mention.key in sources)
        for text in texts.values()
        for group in syntax.parse_citations(text)
    ]


def format_citations(
    texts: Mapping[SectionId, str],
    sources: Mapping[str, Source],
    style: CitationStyle,
    *,
    han: bool,
) -> FormattedCitations:
    """Return the citations and references of a manuscript in one of our own styles.

    Numeric lists follow the order of first mention, author-year lists the alphabet. A style with
    notes has no list of its own: the notes are it, a work in full where it is first mentioned.
    """
    keys = list_cited_keys(texts, sources)
    if not keys:
        return FormattedCitations(
            tuple("" for t in texts.values() for _ in syntax.parse_citations(t))
        )
    writer = _Writer(keys, sources, han=han)
    groups = list_cited_groups(texts, sources)
    references_by_key = {
        key: format_reference(sources[key], writer.choose_letter(key)) for key in keys
    }
    if style == "footnote":
        return writer.format_notes(groups, references_by_key)
    if style == "numeric":
        number_by_key = {key: n for n, key in enumerate(keys, 1)}
        lines = [f"[{number_by_key[key]}] {references_by_key[key]}" for key in keys]
        citations = [_format_numbers(g, number_by_key) for g in groups]
    else:
        lines = sorted(references_by_key.values(), key=str.casefold)
        citations = [
            f"({'; '.join(map(writer.format_author_year_mention, g))})" if g else "" for g in groups
        ]
    return FormattedCitations(tuple(citations), "\n\n".join([format_heading(han=han), *lines]))


def _format_numbers(group: Sequence[Mention], number_by_key: Mapping[str, int]) -> str:
    """Return numbers in brackets, in their order, with the words about them."""
    number_mentions = [
        _format_mention(m, str(number_by_key[m.key]))
        for m in sorted(group, key=lambda m: number_by_key[m.key])
    ]
    all_plain = all(t.isdecimal() for t in number_mentions)
    return f"[{(', ' if all_plain else '; ').join(number_mentions)}]" if number_mentions else ""


def _format_mention(mention: Mention, reference_text: str) -> str:
    """Return a work as it is mentioned."""
    head = f"{mention.prefix} {reference_text}" if mention.prefix else reference_text
    return f"{head}, {mention.suffix}" if mention.suffix else head


def _format_note_mention(mention: Mention, reference_text: str) -> str:
    """Return a work as a note mentions it; what is told after it stands before its full stop."""
    if not mention.suffix:
        return _format_mention(mention, reference_text)
    return _end_with_stop(_format_mention(mention, reference_text.removesuffix(".")))


def format_heading(*, han: bool) -> str:
    """Return the heading of a list of references."""
    return f"## {'参考文献' if han else 'References'}"


class _Writer:
    def __init__(self, keys: Sequence[str], sources: Mapping[str, Source], *, han: bool) -> None:
        self._keys, self._sources, self._han = keys, sources, han

    def format_notes(
        self, groups: Sequence[tuple[Mention, ...]], references_by_key: Mapping[str, str]
    ) -> FormattedCitations:
        citations, notes, mentioned_keys = [], list[str](), set[str]()
        for group in groups:
            parts = []
            for mention in group:
                key = mention.key
                reference_text = (
                    f"{self.format_author_year(key)}."
                    if key in mentioned_keys
                    else references_by_key[key]
                )
                parts.append(_format_note_mention(mention, reference_text))
                mentioned_keys.add(key)
            if parts:
                notes.append(" ".join(parts))
            citations.append(f"[^{len(notes)}]" if parts else "")
        return FormattedCitations(tuple(citations), notes=tuple(notes))

    def format_author_year_mention(self, mention: Mention) -> str:
        return _format_mention(mention, self.format_author_year(mention.key))

    def format_author_year(self, key: str) -> str:
        year = self._sources[key].year or "n.d."
        return f"{self._format_authors(key)}, {year}{self.choose_letter(key)}"

    def choose_letter(self, key: str) -> str:
        """Tell works apart that would be cited by the same names and year, as a, b, c."""
        source, authors = self._sources[key], self._format_authors(key)
        same_year = [k for k in self._keys if self._sources[k].year == source.year]
        same_author_keys = [
            k for k in same_year if self._sources[k].authors and self._format_authors(k) == authors
        ]
        return (
            chr(ord("a") + same_author_keys.index(key) % 26)
            if source.authors and len(same_author_keys) > 1
            else ""
        )

    def _format_authors(self, key: str) -> str:
        source = self._sources[key]
        names = [get_family_name(a) for a in source.authors]
        first_and_others = (
            f"{names[0]}等" if self._han and names else f"{(names or [''])[0]} et al."
        )
        joined_names = "和".join(names) if self._han else " and ".join(names)
        return {0: source.title, 1: joined_names, 2: joined_names}.get(len(names), first_and_others)


def format_reference(source: Source, letter: str = "") -> str:
    """Return one line: authors, year (with the ``letter`` that sets it apart), title, where.

    A work without authors is found by its title.
    """
    authors = ("; " if any("," in a for a in source.authors) else ", ").join(source.authors)
    year = f"({source.year}{letter})" if source.year else ""
    head = " ".join(part for part in (authors or source.title, year) if part)
    reference_text = f"{head}. {source.title}" if authors else head
    return " ".join(
        [
            _end_with_stop(reference_text),
            *map(_end_with_stop, _list_publication_details(source.more)),
        ]
    )


def _list_publication_details(more: Mapping[str, object]) -> Iterator[str]:
    """Yield where a work came out, as far as its reference says."""

    def read_field(name: str) -> str:
        return " ".join(str(more.get(name) or "").split())

    if container := read_field("container-title"):
        issue = f"({read_field('issue')})" if read_field("issue") else ""
        volume = f" {read_field('volume')}{issue}" if read_field("volume") or issue else ""
        pages = f", {read_field('page')}" if read_field("page") else ""
        yield f"{container}{volume}{pages}"
    if publisher := read_field("publisher"):
        yield (
            f"{read_field('publisher-place')}: {publisher}"
            if read_field("publisher-place")
            else publisher
        )
    if doi := read_field("DOI"):
        yield f"{_DOI}{doi}"
    elif url := read_field("URL"):
        yield url


def _end_with_stop(text: str) -> str:
    is_link = text.startswith("http")
    return text if is_link or text.endswith((".", "。", "?", "!")) else f"{text}."
