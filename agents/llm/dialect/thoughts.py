"""Keeping what a model thinks apart from what it says, in a whole answer or as it comes.

Models mark their thoughts in many ways, and servers pass the marks on. A chat template may open the
block in the prompt, so that only its closing mark is in the answer; and a mark may come in pieces.
"""

import re
from collections.abc import Iterator
from typing import Literal

_TAGS = ("think", "thinking", "thought", "thoughts", "reasoning", "seed:think", "antthinking")
_CLOSERS_BY_OPENER: dict[str, str] = {
    **{f"<{tag}>": f"</{tag}>" for tag in _TAGS},
    "[think]": "[/think]",
    "◁think▷": "◁/think▷",
    "<|begin_of_thought|>": "<|end_of_thought|>",
    "<|start_thinking|>": "<|end_thinking|>",
    "<|channel>thought": "<channel|>",
    "<unused94>thought": "<unused95>",
}
_WITHOUT_MARKS = "assistantfinal"
"""What is left between Harmony's channels where a server drops special tokens."""
_ANYWHERE = {"<think>", "<seed:think>", "[think]", "◁think▷", "<|channel>thought"}
"""Openers that begin a thought wherever they stand; the others only before any text."""
_OTHERWISE_TEXT = {"[think]", "[/think]", "[Think]", "[/Think]"}
"""What is a mark in capitals alone."""
_CHANNEL, _START, _MESSAGE = "<|channel|>", "<|start|>", "<|message|>"
"""Harmony's marks: ``<|start|>assistant<|channel|>analysis<|message|>...``"""
_HEADERS = {_CHANNEL, _START}
_ENDS = {
    "<|im_end|>", "<|end|>", "<|return|>", "<|call|>", "<|eot_id|>", "<|eom_id|>", "<|endoftext|>",
    "<|end_of_text|>", "<|end_of_turn|>", "<end_of_turn>", "<|eos|>", "<｜end▁of▁sentence｜>",
    "<|im_start|>", "<start_of_turn>", "<|start_header_id|>", "<turn|>", "<|end_of_solution|>",
    "<|end_response|>",
}  # fmt: skip
"""Marks with which a model's turn ends: what comes after is no part of its answer."""
_NOISE = {
    _MESSAGE, "<|begin_of_solution|>", "<|start_response|>", "<|begin_of_text|>",
    "<|assistant|>", "<|begin_of_box|>", "<|end_of_box|>", "<channel|>", "<|end_header_id|>",
}  # fmt: skip
"""Marks that stand around the text."""
_CLOSERS = {*_CLOSERS_BY_OPENER.values(), _WITHOUT_MARKS}
_MARKS = sorted({*_CLOSERS_BY_OPENER, *_CLOSERS, *_HEADERS, *_ENDS, *_NOISE}, key=len, reverse=True)
_MARK = re.compile("|".join(map(re.escape, _MARKS)), re.IGNORECASE)
_LAST_MARK = re.compile(r"\s*(?:</s>|<eos>|\[/INST\])\s*\Z")
"""Ends of turns that elsewhere in a text are something else."""
_FIRST_CHARACTERS = {mark[0] for mark in _MARKS}
_LONGEST_MARK = max(map(len, _MARKS))


class ThoughtSplitter:
    """Splits an answer that comes in pieces into thoughts and text.

    ``opens_in_thought`` says how the answer begins where no mark does: True: with thoughts, up to
    a closing mark; False: with text, which is handed on as it comes; None: that is not known, so
    text is held back until a mark shows it, or the end.
    """

    def __init__(self, *, opens_in_thought: bool | None = False) -> None:
        self.thoughts = ""
        self.has_closed_unopened = False
        """A block was closed that no mark had opened: a template had."""
        self._opens_in_thought = opens_in_thought
        self._state: Literal["text", "thought", "header", "over"] = "text"
        self._closers: set[str] = set()
        self._text = ""
        self._handed_on = 0
        self._unread = ""
        self._header = ""
        self._has_marked = False

    @property
    def text(self) -> str:
        """The text so far, without thoughts and marks."""
        return self._text

    def add(self, piece: str) -> str:
        """Read a piece of the answer; return the text that is certain to be text by now."""
        self._unread += piece
        end = _find_unfinished_mark(self._unread)
        self._read(self._unread[:end])
        self._unread = self._unread[end:]
        return self._hand_on(is_certain=self._has_marked or self._opens_in_thought is False)

    def end(self, *, was_cut: bool = False) -> str:
        """Read what was held back, and return the rest of the text.

        ``was_cut``: the answer ended at its limit of tokens. One that begins with thoughts then
        consists of nothing else.
        """
        self._read(self._unread)
        self._unread = ""
        if self._opens_in_thought and was_cut and not self._has_marked:
            self.thoughts, self._text = self.thoughts + self._text, ""
        self._text = _LAST_MARK.sub("", self._text)
        return self._hand_on(is_certain=True)

    def _hand_on(self, *, is_certain: bool) -> str:
        if not is_certain:
            return ""
        new_text = self._text[self._handed_on :]
        self._handed_on = len(self._text)
        return new_text

    def _read(self, answer: str) -> None:
        for part, is_mark in _split_at_marks(answer):
            if is_mark and not self._text.endswith("`") and part not in _OTHERWISE_TEXT:
                self._read_mark(part.lower(), part)
            else:
                self._read_run(part)

    def _read_run(self, run: str) -> None:
        if self._state == "thought":
            self.thoughts += run
        elif self._state == "header":
            self._header += run
        elif self._state == "text":
            self._text += run if self._text else run.lstrip()

    def _read_mark(self, mark: str, spelling: str) -> None:
        if self._state == "over":
            return
        if self._state == "header":
            self._read_header_mark(mark)
        elif self._state == "thought":
            self._read_mark_in_thought(mark, spelling)
        elif mark in _CLOSERS_BY_OPENER and (mark in _ANYWHERE or not self._text.strip()):
            self._begin_thought({_CLOSERS_BY_OPENER[mark]})
        elif mark in _CLOSERS and mark != "<channel|>":
            self.thoughts, self._text = self.thoughts + self._text, ""
            self._handed_on = 0
            self.has_closed_unopened = self._has_marked = True
        elif mark in _HEADERS:
            self._has_marked = True
            self._state, self._header = "header", ""
        elif mark in _ENDS:
            self._state = "over" if self._text.strip() else "text"
        elif mark not in _NOISE:
            self._text += spelling

    def _read_header_mark(self, mark: str) -> None:
        if mark == _CHANNEL:
            self._header = ""
        elif mark == _MESSAGE:
            if self._header.strip().lower().startswith(("analysis", "commentary", "thought")):
                self._begin_thought({"<|end|>", *_HEADERS, "<|return|>", "<|call|>"})
            else:
                self._state = "text"

    def _read_mark_in_thought(self, mark: str, spelling: str) -> None:
        if mark not in self._closers:
            self.thoughts += spelling
        elif mark in _HEADERS:
            self._state, self._header = "header", ""
        else:
            self._state = "text"

    def _begin_thought(self, closers: set[str]) -> None:
        self._has_marked = True
        if self.thoughts and not self.thoughts.endswith("\n"):
            self.thoughts += "\n"
        self._state, self._closers = "thought", closers
        self._text = self._text.rstrip(" ") + (" " if self._text.strip() else "")


def split_thoughts(answer: str) -> tuple[str, str]:
    """Return what a whole answer thinks and what it says."""
    splitter = ThoughtSplitter()
    splitter.add(answer)
    splitter.end()
    return splitter.thoughts.strip(), splitter.text


def _split_at_marks(answer: str) -> Iterator[tuple[str, bool]]:
    start = 0
    for match in _MARK.finditer(answer):
        if match.start() > start:
            yield answer[start : match.start()], False
        yield match.group(), True
        start = match.end()
    if start < len(answer):
        yield answer[start:], False


def _find_unfinished_mark(answer: str) -> int:
    """Return where a mark may begin that is not whole yet; the end, when none does."""
    for start in range(max(len(answer) - _LONGEST_MARK + 1, 0), len(answer)):
        if answer[start] in _FIRST_CHARACTERS:
            tail = answer[start:].lower()
            if any(len(mark) > len(tail) and mark.startswith(tail) for mark in _MARKS):
                return start
    return len(answer)
