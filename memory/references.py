"""Citations and the list of references as a reader sees them, in the style the brief asks for."""

from collections.abc import Iterable, Mapping, Sequence

from inkwright.memory import citations
from inkwright.memory.brief import CitationStyle
from inkwright.memory.source import Source

_PARTICLES = frozenset(
    [
        "da",
        "de",
        "del",
        "della",
        "den",
        "der",
        "di",
        "dos",
        "du",
        "la",
        "le",
        "ten",
        "ter",
        "van",
        "von",
        "zu",
    ]
)


class Cited:
    """What a manuscript cites: the order of first mention, over all its sections."""

    def __init__(
        self,
        texts: Iterable[str],
        sources: Mapping[str, Source],
        style: CitationStyle,
        *,
        han: bool,
    ) -> None:
        self._groups = dict.fromkeys(g for text in texts for g in citations.groups(text))
        mentioned = (key for group in self._groups for key in group)
        self.keys = [key for key in dict.fromkeys(mentioned) if key in sources]
        """Those of sources, each once."""
        self._sources, self._style, self._han = sources, style, han
        self._number = {key: n for n, key in enumerate(self.keys, 1)}

    def shown(self, text: str) -> str:
        """Return a section's text with its citations in the style of the manuscript.

        Without sources nothing is a citation, whatever it looks like.
        """
        return citations.replaced(text, self._citation) if self._sources else text

    def taken_back(self, manuscript: str) -> str:
        """Return a manuscript, edited perhaps, with its citations as drafts have them.

        The list of references at its end is left out: it follows from the citations.
        """
        if not self.keys:
            return manuscript
        head = manuscript.rstrip().removesuffix(self.references())
        text = f"{head.rstrip()}\n" if head != manuscript.rstrip() else manuscript
        written = {self._citation(keys): keys for keys in self._groups}
        for shown in sorted(written, key=len, reverse=True):
            text = text.replace(shown, f"[{'; '.join(f'@{k}' for k in written[shown])}]")
        return text

    def references(self) -> str:
        """Return the list of what is cited, with its heading; empty when nothing is.

        Numeric lists follow the order of first mention, author-year lists the alphabet. A style
        with notes has no list of its own: the notes are it.
        """
        if not self.keys:
            return ""
        told = {key: reference(self._sources[key], self._letter(key)) for key in self.keys}
        if self._style == "footnote":
            return "\n\n".join(f"[^{n}]: {told[key]}" for key, n in self._number.items())
        if self._style == "numeric":
            lines = [f"[{n}] {told[key]}" for key, n in self._number.items()]
        else:
            lines = sorted(told.values(), key=str.casefold)
        heading = "参考文献" if self._han else "References"
        return f"## {heading}\n\n" + "\n\n".join(lines)

    def _citation(self, keys: Sequence[str]) -> str:
        known = [key for key in keys if key in self._number]
        if not known:
            return ""
        if self._style == "numeric":
            return f"[{', '.join(str(n) for n in sorted(self._number[k] for k in known))}]"
        if self._style == "footnote":
            return "".join(f"[^{self._number[k]}]" for k in known)
        return f"({'; '.join(self._author_year(k) for k in known)})"

    def _author_year(self, key: str) -> str:
        source = self._sources[key]
        names = [family(a) for a in source.authors]
        who = {0: source.title, 1: names[0] if names else "", 2: " and ".join(names)}
        told = who.get(len(names), f"{names[0]} et al." if names else source.title)
        year = f"{source.year or 'n.d.'}{self._letter(key)}"
        return f"{told}, {year}"

    def _letter(self, key: str) -> str:
        """Tell works of the same authors and year apart, as a, b, c."""
        same = self._sources[key].authors, self._sources[key].year
        alike = [k for k in self.keys if (self._sources[k].authors, self._sources[k].year) == same]
        return chr(ord("a") + alike.index(key) % 26) if len(alike) > 1 and same[0] else ""


def reference(source: Source, letter: str = "") -> str:
    """Return one line: authors, year (with the ``letter`` that sets it apart), title."""
    who = ", ".join(source.authors)
    year = f"({source.year}{letter})" if source.year else ""
    head = " ".join(part for part in (who, year) if part)
    told = f"{head}. {source.title}" if head else source.title
    return told if told.endswith((".", "。", "?", "!")) else f"{told}."


def family(author: str) -> str:
    """Return the family name: what stands before a comma, or last, with its particles."""
    if "," in author:
        return author.split(",")[0].strip()
    parts = author.split()
    first = len(parts) - 1
    while first > 1 and parts[first - 1].casefold() in _PARTICLES:
        first -= 1
    return " ".join(parts[first:])
