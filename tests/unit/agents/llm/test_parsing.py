"""Reading answers: mended where that is safe, refused where it is not."""

import json

import pytest

from inkwright.agents.llm.parsing import (
    UnreadableAnswer,
    build_talk_context,
    find_loop_start,
    is_in_other_script,
    parse_prose,
    parse_structured,
    strip_thoughts,
)
from inkwright.agents.llm.schemas import Cuts, Delta, Edits, Sections, Verdicts
from inkwright.memory.talk.recognise import find_talk

GOOD = {"edits": [{"first": 2, "last": 2, "text": "The lamp was green."}]}
JSON = json.dumps(GOOD)
STORY = "The keeper climbed the stairs and trimmed the lamp before the first boats came in."


def edits(text: str, finish: str = "stop") -> dict[str, object]:
    return parse_structured(text, finish, Edits).model_dump()


@pytest.mark.parametrize(
    "answer",
    [
        JSON,
        f"```json\n{JSON}\n```",
        f"Sure! Here it is:\n\n{JSON}\n\nLet me know if you want changes.",
        f"<think>First {{look}} at it.</think>\n{JSON}",
        f'<think>{{"edits": []}}</think>{JSON}',
        f'Thinking aloud: {{"edits": []}}\n</think>\n{JSON}',
        f"The set {{a, b}} is not the answer. {JSON}",
        JSON.replace('"', "'"),
        JSON[:-1] + ",}",
        JSON.replace("}]}", "},]}"),
        JSON + " }}",
    ],
)
def test_talk_fences_thoughts_and_small_faults_around_json_are_mended(answer):
    assert edits(answer) == GOOD


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "   ",
        "I'm sorry, but I can't help with that.",
        STORY,
        "[1, 2]",
        "{}",
        "null",
        "<think>{",
    ],
)
def test_an_answer_without_a_json_object_is_unreadable(answer):
    with pytest.raises(UnreadableAnswer, match="no JSON object"):
        edits(answer)


@pytest.mark.parametrize("cut", range(2, len(JSON)))
def test_json_cut_anywhere_is_refused_and_never_completed(cut):
    with pytest.raises(UnreadableAnswer):
        edits(JSON[:cut])


def test_json_that_is_whole_counts_although_the_talk_after_it_was_cut():
    assert edits(f"{JSON}\n\nI chose this because", "length") == GOOD


def test_json_cut_by_the_token_limit_says_so():
    with pytest.raises(UnreadableAnswer, match="cut off"):
        edits(JSON[:30], "length")


def test_wrong_keys_are_named():
    with pytest.raises(UnreadableAnswer, match="edits: Field required"):
        edits('{"changes": []}')


@pytest.mark.parametrize("form", ["PlanReview", "Contradictions", "Verdicts", "Edits", "Delta"])
def test_an_answer_that_lacks_its_list_is_never_taken_for_an_empty_one(form):
    from inkwright.agents.llm import schemas

    with pytest.raises(UnreadableAnswer, match="required"):
        parse_structured(
            '{"summary": "It rained.", "something": []}', "stop", getattr(schemas, form)
        )


def test_of_a_list_that_was_cut_off_the_whole_facts_are_used():
    facts = [{"quote": f"{n}.", "subject": "Mara", "statement": f"{n}."} for n in (1, 2, 3)]
    text = json.dumps({"summary": "It rained.", "items": facts})
    answer = parse_structured(text[: text.index("3.") + 1], "length", Delta)
    assert [item.quote for item in answer.items] == ["1.", "2."]


@pytest.mark.parametrize("text", ['{"summary": "It ra', '{"summary": "", "items": [{"quote": "1'])
def test_an_answer_cut_off_before_its_first_whole_fact_is_refused(text):
    with pytest.raises(UnreadableAnswer, match="cut off"):
        parse_structured(text, "length", Delta)


def test_a_value_of_the_wrong_kind_is_refused_without_quoting_it():
    with pytest.raises(UnreadableAnswer) as caught:
        edits('{"edits": [{"first": "the first one", "last": 1, "text": "x"}]}')
    assert "edits.0.first" in str(caught.value)
    assert "the first one" not in str(caught.value)


def test_strings_and_lists_beyond_their_bounds_are_clipped():
    long = {"edits": [{"first": 1, "last": 1, "text": "word " * 900}] * 30}
    found = parse_structured(json.dumps(long), "stop", Edits)
    assert len(found.edits) == 8
    assert all(len(edit.text) == 2000 for edit in found.edits)


def test_an_answer_far_beyond_every_bound_is_clipped_too():
    section = dict.fromkeys(("title", "purpose", "owns", "hands_over", "leaves_out"), "word " * 200)
    section |= {"key_points": ["point " * 60] * 40, "subjects": ["name " * 60] * 40}
    found = parse_structured(json.dumps({"sections": [section] * 300}), "stop", Sections)
    assert len(found.sections) == 24
    assert len(found.sections[0].key_points) == 4


def test_numbers_far_out_of_range_are_kept_for_the_caller_to_judge():
    assert parse_structured('{"sentences": [1, 99, -4]}', "stop", Cuts).sentences == [1, 99, -4]


def test_a_form_reads_composed_characters_whatever_the_answer_used():
    decomposed = '{"verdicts": [{"constraint": "c1", "broken": true, "quote": "cafe\u0301"}]}'
    assert parse_structured(decomposed, "stop", Verdicts).verdicts[0].quote == "caf\u00e9"


def test_thoughts_are_cut_out_and_an_endless_thought_leaves_nothing():
    assert strip_thoughts("<think>hm</think> The end.") == "The end."
    assert strip_thoughts("hm, hm</think>The end.") == "The end."
    assert strip_thoughts("<THINK>a</THINK>One. <think>b</think>Two.") == "One. Two."
    assert strip_thoughts("<think>on and on") == ""


def test_prose_comes_out_as_it_is():
    text = f"{STORY}\n\n“I'm sorry,” she said. “I can't help you.”"
    assert parse_prose(text, han=False) == text


def test_prose_is_freed_of_thoughts_fences_and_carriage_returns():
    wrapped = f"<think>hm</think>```text\n{STORY}\r\n{STORY}\r\n```"
    assert parse_prose(wrapped) == f"{STORY}\n{STORY}"


def test_prose_is_made_of_composed_characters():
    assert parse_prose("Le cafe\u0301 e\u0301tait ferme\u0301.") == "Le café était fermé."


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "Sure! Here is what you asked for:\n\n",
            "\n\nLet me know if you would like any changes.",
        ),
        ("Here's the section:\n", ""),
        ("Certainly, here is a draft of the chapter:\n\n", "\n\nI hope this helps!"),
        ("", "\n\nFeel free to ask if you need any adjustments."),
        ("", "\n\nLet me know if you'd like any adjustments!"),
        ("", "\n\nLet me know if you’d like any changes to this section."),
        ("", "\n\nWould you like me to continue with the next section?"),
        ("Of course! Here is the text:\n\n", "\n\nI hope this helps. Any questions? Ask!"),
    ],
)
def test_a_models_talk_before_and_after_a_text_is_no_part_of_it(before, after):
    assert parse_prose(f"{before}{STORY}{after}") == STORY


def test_a_letter_keeps_its_last_line_though_a_model_talks_before_it():
    letter = f"{STORY}\n\nFeel free to contact the harbour office with any questions."
    assert parse_prose(f"Sure! Here is the section:\n\n{letter}") == letter


def test_a_models_talk_around_chinese_text_is_no_part_of_it():
    text = "她爬上楼梯，修剪灯芯，在簿子上记下时刻。"
    assert parse_prose(f"好的，以下是您要的内容：\n\n{text}\n\n如需修改，请告诉我。") == text


@pytest.mark.parametrize(
    "text",
    [
        "Sure enough, the boat was there: empty.\n\nNobody had seen it land.",
        "Here is the log as he left it:\n\nNoon, wind from the east.",
        "Of course there was one rule:\n\nnever let the lamp go out.",
        "She folded the letter.\n\nI hope this finds you well, she had begun.",
        "He waved.\n\nLet me know if the boat comes in.",
        "下面是一片海。\n\n她没有说话。",
        f"Here is the passage to the old quay:\n\n{STORY}",
        f"Here is the text of the letter:\n\n{STORY}",
        f"Of course, here is what the log said: nothing.\n\n{STORY}",
        f"#LowWater was painted on the wall.\n\n{STORY}",
        f"{STORY}\n\nFeel free to contact the harbour office with any questions about Low Water.",
        f"{STORY}\n\nFeel free to contact the harbour office with any questions.",
        f"{STORY}\n\nLet me know if anything changes.",
        f"{STORY}\n\nLet me know if you need any changes to the rota.",
        f"{STORY}\n\nIf you would like changes to the rota, ask the harbour master.",
        f"{STORY}\n\nWould you like me to bring a change of clothes?",
        f"{STORY}\n\nI hope this helps.",
        "她点亮了灯。\n\n如需调整，请联系码头办公室。",
        "```python\nx = 1\n```",
        f"```python\nx = 1\n```\n\n{STORY}\n\n```\nls\n```",
        f"```\nx = 1\n```\n\n{STORY}\n\n```\nls\n```",
    ],
)
def test_a_story_that_only_sounds_like_talk_keeps_every_line(text):
    assert parse_prose(text) == text


@pytest.mark.parametrize(
    "refusal",
    [
        "I'm sorry, but I can't help with that.",
        "I’m really sorry, but I cannot write this text.",
        "I am sorry, I won't continue this story.",
        "Sorry, but I can't assist with that request.",
        "I apologize, but I am unable to write that.",
        "I can't help with this request.",
        "I cannot create that content.",
        "Unfortunately, I am not able to write this section.",
        "As an AI language model, I have no opinions.",
        "I'm sorry, but as an AI I do not do that.",
        "**I'm sorry**, but I can't do that.",
        "I'm sorry.",
        "抱歉，我无法协助完成这个请求。",
        "很抱歉，这个内容我不能写。",
        "对不起，我没办法继续。",
        "我无法提供这样的内容。",
        "作为一个人工智能，我没有个人经历。",
        "<think>no</think>I'm sorry, but I can't help with that.",
    ],
)
def test_a_refusal_is_no_prose(refusal):
    with pytest.raises(UnreadableAnswer, match="refusal"):
        parse_prose(refusal)


@pytest.mark.parametrize(
    "text",
    [
        "“I'm sorry,” said Mara, “I can't help you with that boat.”",
        '"I am sorry, I cannot stay," he told her, and shut the door behind him.',
        "Sorry business, this, the keeper thought, and trimmed the lamp.",
        "I'm sorry about the lamp. It broke on Tuesday when the wind turned.",
        "Unfortunately, the keeper was unable to climb the stairs that winter.",
        "I can't remember a colder night than that one.",
        "“对不起，”她说，“我不能留下。”",
        "我不能忘记那个夜晚，风从海上来，灯一直亮着。",
        "抱歉的话她说不出口，只把灯又点亮了一次。",
        "抱歉，我不能来了。船已经走了。",
        "我不能写信给你，因为灯灭了。",
        "I cannot help thinking of Low Water tonight. The lamp is lit.",
        "I cannot help but think of him.",
        "I can't write tonight; my hand shakes.",
        "I can't write this letter without weeping.",
        "I cannot continue this story tonight, she wrote.",
        "I can't provide for them all. Winter came.",
        "Sorry, I can't come. The boat is gone.",
        "Unfortunately I cannot assist with the boats this year. The office will.",
        "Sorry.\n\nThat was all the note said, and the keeper kept it.",
        "I'm sorry, I cannot stay. " + " ".join(f"On day {n} it rained. Then?" for n in range(12)),
    ],
)
def test_a_sorry_character_is_no_refusal(text):
    assert parse_prose(text)


@pytest.mark.parametrize(
    "answer",
    ["", " \n", "—", "<think>on and on", "```\n```", "Sure! Here is the section:\n\n"],
)
def test_an_empty_answer_is_no_prose(answer):
    with pytest.raises(UnreadableAnswer):
        parse_prose(answer)


@pytest.mark.parametrize(
    "answer",
    [
        '{"error": {"message": "boom"}}',
        "<!DOCTYPE html><html><body>502</body></html>",
        "Internal Server Error",
        "Error: CUDA out of memory",
        "Traceback (most recent call last):\n  File x",
        '{"error": "truncated',
    ],
)
def test_an_error_message_is_no_prose(answer):
    with pytest.raises(UnreadableAnswer):
        parse_prose(answer)


@pytest.mark.parametrize(
    "text",
    [
        "Error: the captain had entered noon twice in the log.",
        "Error: 3 boats in the log where there were two.",
        "Bad Gateway was the name of the north gate.",
    ],
)
def test_a_text_about_an_error_is_prose(text):
    assert parse_prose(text) == text


@pytest.mark.parametrize("wrapper", ["{}", "```json\n{}\n```", "```\n{}\n```"])
def test_a_text_alone_in_a_json_object_is_taken_out_of_it(wrapper):
    assert parse_prose(wrapper.format(json.dumps({"text": STORY}))) == STORY


@pytest.mark.parametrize("value", [{"title": "Lamp", "text": STORY}, [STORY], {"ok": True}])
def test_other_json_is_no_prose(value):
    with pytest.raises(UnreadableAnswer, match="JSON"):
        parse_prose(json.dumps(value))


PROMPT = (
    "You are the writer. Write the section ordered below.\n\n<before>\nThe tide was out.\n\n"
    "[End of log]\n</before>\nSection: s2\nTitle: The Lamp\nPurpose: the keeper trims the lamp\n"
    "Requirements:\n- [c1] It must contain “To be continued”\nLength: about 20 words"
)


def test_what_may_be_talk_is_told_to_the_caller_and_stays():
    prose = parse_prose(f"{STORY}\n\nIn the next section, we will see the boats.", PROMPT)
    assert prose.startswith(STORY)
    (doubt,) = find_talk(prose, build_talk_context(PROMPT))
    assert prose[doubt.start : doubt.end] == doubt.quote
    assert doubt.quote == "In the next section, we will see the boats."


def test_labels_ids_and_the_title_of_the_prompt_are_cut():
    answer = f"Section: s2\nTitle: The Lamp\n\n{STORY}\n\n- [c1] It must contain “To be continued”"
    assert parse_prose(answer, PROMPT.replace("“To be continued”", "a boat")).startswith(STORY)
    answer = f"Section: s2\nTitle: The Lamp\n\n{STORY}"
    assert parse_prose(answer, PROMPT) == STORY


@pytest.mark.parametrize("line", ["[End of log]", "To be continued"])
def test_lines_of_a_passage_and_required_words_stay(line):
    prose = parse_prose(f"{STORY}\n\n{line}", PROMPT)
    doubts = find_talk(prose, build_talk_context(PROMPT))
    assert (prose, tuple(doubts)) == (f"{STORY}\n\n{line}", ())


def test_prose_in_the_wrong_language_is_refused():
    chinese = "她爬上楼梯，修剪灯芯，在簿子上记下时刻。"
    assert parse_prose(chinese, han=True) == chinese
    with pytest.raises(UnreadableAnswer, match="language"):
        parse_prose(chinese, han=False)
    with pytest.raises(UnreadableAnswer, match="language"):
        parse_prose(STORY, han=True)


def test_foreign_names_do_not_change_the_language_of_a_text():
    assert parse_prose(
        "她在 Port Selm 买了一盏灯，然后回到塔上，等船归来，一直等到天亮。", han=True
    )
    assert parse_prose("Mr. 林远舟 came back to the tower at dawn and said nothing.", han=False)


def test_a_loop_is_refused_first_and_cut_off_where_it_begins_the_last_time():
    again = "The wind turned once more and nobody on the quay said a word. "
    text = STORY + " " + again * 12
    with pytest.raises(UnreadableAnswer, match="repeats"):
        parse_prose(text)
    assert parse_prose(text, keep_loops=True) == f"{STORY} {again}".strip()


def test_a_chinese_loop_is_seen():
    text = "她爬上楼梯。" + "风又转向了，码头上没有人说一句话，灯也没有亮起来。" * 8
    with pytest.raises(UnreadableAnswer, match="repeats"):
        parse_prose(text, han=True)


def test_one_word_over_and_over_is_a_loop():
    assert find_loop_start("ha " * 40) is not None


REFRAIN = "And the lamp was lit on the rock that night."
VERSES = (
    "The wind came up",
    "A boat went out and nobody saw it go",
    "Snow",
    "She counted the stairs from the top to the bottom, and back",
)
NAMED = (
    "国家发展和改革委员会昨日发布通知。各地要抓紧落实，国家发展和改革委员会将派出督查组。"
    "此前，国家发展和改革委员会已经三次开会讨论。会后，国家发展和改革委员会的负责人回答了提问。"
)


@pytest.mark.parametrize(
    "text", ["\n".join(f"{verse}. {REFRAIN}" for verse in VERSES), NAMED], ids=["refrain", "name"]
)
def test_a_refrain_or_a_long_name_is_no_loop(text):
    assert find_loop_start(text) is None


@pytest.mark.parametrize(
    ("text", "han", "other"),
    [
        ("你提到了 testing 出问题 [@debian_faq_choosing_zh]。", True, False),
        ("它用于 Unifix Linux 2.0，以及 Lasermoon 的 Linux-FT。", True, False),
        ("参见 https://www.debian.org/releases/stable/installmanual。", True, False),
        ("The lamp went out over the sea.", True, True),
        ("The word 灯 means lamp.", False, False),
        ("他点亮了灯。", False, True),
    ],
)
def test_citations_addresses_and_names_are_in_no_other_language(
    text: str, han: bool, other: bool
) -> None:
    assert is_in_other_script(text, han=han) is other
