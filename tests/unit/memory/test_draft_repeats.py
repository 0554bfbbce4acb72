"""A draft that says a sentence twice, or copies one that its writer was shown."""

import pytest

from inkwright.memory.text.draft_repeats import find_draft_repeats, measure_repeated_share

LINE = "The keeper climbed the stairs and trimmed the lamp before the boats came in."
NEAR = "The keeper climbed the stairs and trimmed the lamp before the boats came in again."
OTHER = "Nobody on the quay had seen the grey boat land, or would say so."
HAN = "她爬上楼梯，修剪灯芯，在簿子上记下了船进港的时刻。"


@pytest.mark.parametrize("again", [LINE, NEAR, LINE.upper()])
def test_a_sentence_that_a_draft_says_twice_is_found_where_it_comes_again(again):
    draft = f"{LINE} {OTHER}\n\n{again}"
    (repeat,) = find_draft_repeats(draft)
    assert (repeat.quote, repeat.there, repeat.source) == (again, LINE, "draft")
    assert draft[repeat.start : repeat.end] == again


def test_a_sentence_copied_from_what_the_writer_was_shown_is_found():
    (repeat,) = find_draft_repeats(f"{OTHER} {LINE}", [f"Before. {LINE}"])
    assert (repeat.quote, repeat.source) == (LINE, "passage")


def test_chinese_sentences_are_compared_too():
    assert len(find_draft_repeats(f"{HAN}风来了。{HAN}")) == 1


@pytest.mark.parametrize(
    "draft",
    [
        f"{LINE} {OTHER}",
        "The lamp is lit tonight, again. The lamp is lit tonight, again.",
        f"“{LINE}”\n\n“{LINE}”",
        f"— {LINE}\n\n— {LINE}",
        f"> {LINE}\n\n> {LINE}",
        f"He wrote: “{LINE}” [@hale]\n\nHe wrote: “{LINE}” [@hale]",
        "```\nlet the number of the boats be seven for now\n```\n\n" * 2,
        "| the number of the boats in the harbour by day |\n" * 2,
        f"{HAN[:10]}。{HAN[:10]}。",
    ],
)
def test_dialogue_quotations_code_and_short_sentences_may_come_again(draft):
    assert find_draft_repeats(draft) == ()


def test_required_words_a_persons_text_and_refrains_may_come_again():
    draft = f"{LINE}\n\n{OTHER}\n\n{LINE}"
    assert find_draft_repeats(draft, required=[LINE]) == ()
    assert find_draft_repeats(draft, own_texts=[f"My words: {LINE}"]) == ()
    verse = f"Snow on the sea\n{LINE}\n\nWind on the sea\n{LINE}"
    assert find_draft_repeats(verse, allows_refrains=True) == ()
    assert len(find_draft_repeats(verse)) == 1


def test_the_share_is_that_of_the_words_in_repeats():
    draft = f"{LINE} {LINE}"
    assert measure_repeated_share(draft, find_draft_repeats(draft)) == pytest.approx(0.5)
    assert measure_repeated_share("", ()) == 0
