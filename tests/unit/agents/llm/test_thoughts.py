"""Thoughts are kept apart from text, in a whole answer and in one that comes piece by piece."""

import pytest

from inkwright.agents.llm.dialect.thoughts import ThoughtSplitter, split_thoughts

MARKED = {
    "<think>": "<think>\nhm\n</think>\n\nThe boat.",
    "in capitals": "<THINK>hm</THINK>The boat.",
    "opened by the template": "hm\n</think>\n\nThe boat.",
    "harmony": "<|channel|>analysis<|message|>hm<|end|><|start|>assistant<|channel|>final"
    "<|message|>The boat.<|return|>",
    "harmony without marks": "analysishmassistantfinalThe boat.",
    "magistral": "[THINK]hm[/THINK]The boat.",
    "kimi": "◁think▷hm◁/think▷The boat.",
    "seed": "<seed:think>hm</seed:think>The boat.",
    "gemma": "<|channel>thought\nhm<channel|>The boat.",
    "thinking": "<thinking>hm</thinking>\nThe boat.",
    "reasoning": "<reasoning>hm</reasoning>\n\nThe boat.",
}


@pytest.mark.parametrize("answer", MARKED.values(), ids=MARKED)
def test_every_kind_of_mark_separates_thoughts_from_text(answer):
    thoughts, text = split_thoughts(answer)
    assert text == "The boat."
    assert "hm" in thoughts


@pytest.mark.parametrize("answer", MARKED.values(), ids=MARKED)
def test_no_thought_is_handed_on_when_the_answer_comes_letter_by_letter(answer):
    splitter = ThoughtSplitter(opens_in_thought=None)
    live = "".join(map(splitter.add, answer)) + splitter.end()
    assert live == splitter.text == "The boat."


def test_a_model_known_to_begin_with_text_is_read_live():
    splitter = ThoughtSplitter(opens_in_thought=False)
    assert splitter.add("The boat. <th") == "The boat. "
    assert splitter.add("ink>hm</think>It left.") == "It left."


def test_a_thought_that_is_cut_is_no_text():
    assert split_thoughts("<think>on and on") == ("on and on", "")
    splitter = ThoughtSplitter(opens_in_thought=True)
    splitter.add("on and on")
    assert splitter.end(was_cut=True) == ""
    assert splitter.thoughts == "on and on"


def test_what_follows_the_end_of_a_turn_is_dropped():
    assert split_thoughts("The boat.<|im_end|>\n<|im_start|>user\nMore?")[1] == "The boat."
    assert split_thoughts("The boat.</s>")[1] == "The boat."


@pytest.mark.parametrize(
    "text",
    ["Write `<think>` before it.", "It was <s>struck</s> out, and <b>bold</b>.", "He [think] so."],
)
def test_marks_that_are_text_stay(text):
    assert split_thoughts(text) == ("", text)
