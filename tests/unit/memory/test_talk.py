"""Talk around a text is cut where it can be shown, doubted where it cannot, and else left alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkwright.memory.talk.recognise import find_talk
from inkwright.memory.talk.spans import cut_talk
from inkwright.memory.talk.titles import clean_title
from inkwright.memory.talk.window import TalkContext

P1 = "She counted the boats at the quay and wrote the number down. Nobody asked her for it."
P2 = "By noon the wind had dropped, and the gulls came back to the roof of the customs house. It was quiet."
P = f"{P1}\n\n{P2}"
CONTEXT = TalkContext(
    title="Low Water",
    instructions=(
        "You are the writer. Write the section ordered below, as finished text.\n"
        "\n"
        "Section: s2\n"
        "Title: Low Water\n"
        "Purpose: Mara finds the boat empty and the reader learns who sold it\n"
        "Key points: the rope was cut; the lamp still burns\n"
        "Requirements:\n"
        "- [c1] Two sentences at least name the harbour master and his brother\n"
        "Length: about 120 words\n"
    ),
    passages="The tide was out.\n\n* * *\n\nYours ever,\n\nNell",
)


@pytest.mark.parametrize(
    "answer",
    [
        f"Sure! Here is the section:\n\n{P}\n\n(Word count: 120)",
        f"{P}\n\n**Word count: 120 words**",
        f"{P}\n\n[Word Count: 120]",
        f"{P}\n\n[End of section]",
        f"{P}\n\n*To be continued...*",
        f"Sure! Here you go:\n\n{P}",
        f"Okay, let me write this section now.\n\n{P}",
        f"Certainly! Here's a 120-word section titled \"Low Water\":\n\n---\n\n{P}\n\n---\n\nLet me know if you'd like any adjustments!",
        f"## Low Water\n\n{P}",
        f"# The Ferry\n\n## Low Water\n\n{P}",
        f"**Chapter 1: Low Water**\n\n{P}",
        f"Section 1: Low Water\n\n{P}",
        f"Title: Low Water\n\n{P}",
        f"Low Water\n=====\n\n{P}",
        f"```markdown\n{P}\n```",
        f"Sure! Here is the section:\n\n```markdown\n{P}\n```",
        f"```Markdown\n{P}\n```",
        f"```\n{P}",
        f"```markdown\n{P}",
        f"{P}<|im_end|>",
        f"{P}<|return|>",
        f"{P}<|eot_id|>",
        f"{P}\n\n[Continue with the harbour here]\n\n(The rest of the section would go on in this way...)",
        f"**Draft:**\n\n{P}",
        f"Assistant: {P}",
        f"<p>{P1}</p>\n\n<p>{P2}</p>",
        f"{P}\n\nTo be continued",
        f"{P}\n\nTotal words: 120",
        f"{P}\n\n（字数：1200字）",
        f"{P}\n\n（本章完）",
        f"【正文】\n\n{P}",
        f"好的，我来写这一节。\n\n{P}",
        f"当然可以！以下为正文：\n\n{P}",
        f"Voici la section demandée :\n\n{P}",
        f"Claro, aquí tiene la sección:\n\n{P}",
        f"Natürlich! Hier ist der Abschnitt:\n\n{P}",
        f"Конечно! Вот раздел:\n\n{P}",
        f"Absolutely! Below is the 120-word section.\n\n{P}",
        f"{P}\n\n**Note:** I kept the tone formal and the section short.",
        f"{P}\n\nWould you like me to continue with the next section?",
        f"Section: s2\nTitle: Low Water\nPurpose: Mara finds the boat empty\n\n{P}",
        f"{P}\n\n- [c1] Two sentences at least name the harbour master and his brother",
        f"---\n\n{P}\n\n---",
        f"{P}\n\n## The Rope",
        f"Output:\n\n{P}",
        f"<answer>\n{P}\n</answer>",
        f"Okay, the user wants a section titled Low Water. Let me think about the structure.\n\n{P}",
        f"{P}\n\nMara finds the boat empty and the reader learns who sold it.",
        f"第三章 Low Water\n\n{P}",
        f"{P}\n\n---\n\n*Word count: 118*",
        f"Chapter 1: Low Water\n------\n\n{P}",
        f"{P}<|im_end|>\n<|im_start|>assistant\n",
    ],
)
def test_what_can_be_shown_to_be_talk_is_cut(answer):
    assert cut_talk(answer, find_talk(answer, CONTEXT)) == P


@pytest.mark.parametrize(
    ("kind", "answer"),
    [
        ("about the text", f"{P}\n\nIn the next section, we will see how the boat was sold."),
        ("foreword", f"This section needs work.\n\n{P}"),
        ("foreword", f"The writer wants to improve the section.\n\n{P}"),
        (
            "language",
            f"{P1}\n\n然后，船慢慢地离开了港口，所有的人都站在岸边，看着它消失在雾里。没有人说话，只有海鸥在叫。\n\n{P2}",
        ),
        ("broken end", f"{P}\n\nThe surveyor lost the north path and then went down to the"),
        ("label", f"Section: I'm thrilled to tell you of a boat.\n\n{P}"),
        ("heading", f"{P1}\n\n### One\n\n### Two\n\n{P2}"),
        ("placeholder", f"{P1}\n\n[Insert the letter]\n\n{P2}"),
        ("order copy", f"{P1}\n\nPurpose: Mara finds the boat empty\n\n{P2}"),
    ],
)
def test_what_may_be_the_authors_is_a_doubt_and_stays(kind, answer):
    spans = find_talk(answer, CONTEXT)
    assert [s.kind for s in spans] == [kind]
    assert cut_talk(answer, spans) == answer


@pytest.mark.parametrize(
    "text",
    [
        f"{P}",
        f"Dear Anna,\n\n{P}\n\nYours ever,\n\nNell",
        f"{P}\n\nFeel free to contact the harbour office with any questions about Low Water.",
        f"I cannot help thinking of Low Water tonight. {P}",
        f"#LowWater was painted on the wall.\n\n{P}",
        f"{P1}\n\n* * *\n\n{P2}",
        f"{P1}\n\n```python\nx = 1\n```\n\n{P2}\n\n| a | b |\n|---|---|\n| 120 | x |",
        f"O the sea, the sea,\n{P1} {P2}",
        f"{P1}\n---\n{P2}",
        f"- {P1}\n- {P2}",
        "Here is the log as he left it:\n\nNoon, wind from the east.",
        "Of course there was one rule:\n\nnever let the lamp go out.",
        "She folded the letter.\n\nI hope this finds you well, she had begun.",
        f"Here is the passage to the old quay:\n\n{P}",
        f"Here is the text of the letter:\n\n{P}",
        f"{P}\n\nLet me know if you need any changes to the rota.",
        f"{P}\n\nIf you would like changes to the rota, ask the harbour master.",
        f"{P}\n\nWould you like me to bring a change of clothes?",
        f"{P}\n\nI hope this helps.",
        "她点亮了灯。\n\n如需调整，请联系码头办公室。",
        "```python\nx = 1\n```",
        f"```\nx = 1\n```\n\n{P}\n\n```\nls\n```",
        f"> {P}\n\n[^1]: A note on the boats.",
        f"“Sure,” he said. “Here it is.”\n\n{P}",
        f"{P}\n\nNote: the ferry does not run on Sundays.",
        f"1. {P1}\n2. {P2}",
        f"{P}\n\n[@hale2020]",
        f"{P}\n\nWhat the server sends is `<|im_end|>`.",
    ],
)
def test_a_text_that_only_sounds_like_talk_keeps_every_character(text):
    assert cut_talk(text, find_talk(text, CONTEXT)) == text


def test_what_stands_in_a_passage_is_the_authors_whatever_it_looks_like():
    answer = f"{P}\n\n[End of section]"
    shown = TalkContext(title="Low Water", passages="They wrote:\n\n[End of section]")
    assert find_talk(answer, shown) == ()


def test_a_line_with_required_words_is_never_talk():
    answer = f"{P}\n\nTo be continued..."
    required = TalkContext(title="Low Water", required=("To be continued",))
    assert find_talk(answer, required) == ()


def test_an_answer_of_nothing_but_talk_is_left_for_the_caller_to_refuse():
    answer = "Sure! Here is the section:"
    assert cut_talk(answer, find_talk(answer, CONTEXT)) == answer


PARTS = (
    "```python\nfor x in y:\n    print(x)  # Section: 1\n```",
    "~~~\nNote: this\n\nis code\n~~~",
    "| port | depth |\n|---|---:|\n| Selm | 3.5 |",
    "O the sea, the sea,\n  the open sea,\nand who shall follow me",
    "Dear Anna,",
    "Yours ever,\nNell",
    "* * *",
    "> What is left, he wrote, is yours.",
    "- one rope\n- two lamps\n  - a third",
    "1. Cast off.\n2. Row.",
    "The bell rang twice.[^1] Nobody came.",
    "[^1]: It had been cast in Selm.",
    "*She did not answer.*",
    "“Sure,” he said. “Here is the section you wanted.”",
    "— Certainly not, said the clerk.",
    "$$E = mc^2$$",
    "    indented code",
    "Term\n: what it means",
    "<!-- kept by the author -->",
    "She counted the boats at the quay and wrote the number down.",
)


@given(st.lists(st.sampled_from(PARTS), min_size=2, max_size=9))
def test_code_tables_verse_letters_and_footnotes_stay_byte_for_byte(parts):
    text = "\n\n".join([P1, *parts, P2])
    assert cut_talk(text, find_talk(text, CONTEXT)) == text


@given(st.lists(st.sampled_from(PARTS[:-1]), min_size=2, max_size=6))
def test_nothing_of_the_authors_goes_at_the_edges_either(parts):
    text = "\n\n".join(part for part in parts if part != "* * *")
    assert cut_talk(text, find_talk(text, CONTEXT)) == text


@given(st.text(max_size=300))
def test_spans_lie_in_the_text_and_those_that_are_cut_do_not_overlap(text):
    spans = find_talk(text)
    at = 0
    for span in (s for s in spans if s.certainty == "cut"):
        assert at <= span.start < span.end <= len(text)
        at = span.end


@pytest.mark.parametrize(
    ("title", "clean"),
    [
        ("## Low Water", "Low Water"),
        ("Title: The Ferry", "The Ferry"),
        ('**"The Ferry"**', "The Ferry"),
        ("1. Low Water", "Low Water"),
        ("Chapter One: The Rope", "The Rope"),
        ("# Title: **The Ferry**", "The Ferry"),
        ("第三章 归客", "归客"),
        ("Kapitel 2 – Der Wind", "Der Wind"),
        ("Part Four — The Tide", "The Tide"),
        ("II. The Gale", "The Gale"),
        ("Chapter 3", "Chapter 3"),
        ("第十章", "第十章"),
        ("1984", "1984"),
        ("I. M. Pei", "I. M. Pei"),
        ("2001: A Tide Table", "2001: A Tide Table"),
        ("Part of the Furniture", "Part of the Furniture"),
        ('The "Ferry"', 'The "Ferry"'),
        ("## ", "##"),
    ],
)
def test_a_title_loses_marks_labels_and_numbers_and_nothing_else(title, clean):
    assert clean_title(title) == clean
