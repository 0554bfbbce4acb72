"""Sentences that know abbreviations, and words as an office program counts them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inkwright.memory.text.words import OFFICE_RULE, count_words, sentences
from tests.memory.texts import TEXTS

SENTENCES = {
    "en": [
        ["Dr. Hale met Mr. Orr at 5 p.m. on Jan. 3.", "They spoke."],
        ["He paid $3.50 for it.", "It was worth 2.0 at most."],
        ["J. R. R. Tolkien wrote it.", "C. S. Lewis read it."],
        ["“Go now!” she said.", "“I won’t.”"],
        ["Wait... what did he say?", "Nothing."],
        ["The U.S. Navy came.", "It left at noon."],
        ["See Fig. 3 and p. 12 of vol. 2.", "The rest is in Sec. 4."],
        ["Smith et al. found nothing, i.e. no trace.", "Others did."],
        ["It rained, e.g. on Monday, etc. and we stayed.", "Then it stopped."],
        ["“Is it over?” he asked.", "“Yes.”", "They went home."],
        ["Visit www.example.com for more.", "Or call."],
        ["He lived in St. Ives, near Mt. Edgcumbe.", "She did not."],
        ["Was it 10 a.m. or 11 a.m.?", "Nobody knew."],
        ["The boat, built by Hale & Co. in Selm, sank.", "All were saved."],
        ["(He had not slept.)", "He ate."],
        ["She stopped… then she went on.", "The lamp was out."],
        ["Gen. Lee and Col. Grant met.", "Lt. Fox wrote it down."],
        ["Version 2.1.3 is out.", "Upgrade now!"],
        ["It was cold (approx. 3 deg. below zero).", "No. 5 froze."],
        ["“Stop!”", "“Why?”", "He ran."],
    ],
    "de": [
        ["Dr. Weber kam um 5 Uhr, d. h. zu früh.", "Er wartete."],
        ["Am 3. Oktober regnete es.", "Am 4. war es trocken."],
        ["Das kostet z. B. 3,50 Euro.", "Mehr nicht."],
        ["„Geh jetzt!“, sagte sie.", "„Nein.“"],
        ["Prof. Dr. Anna M. Klein las vor.", "Alle hörten zu."],
        ["Siehe S. 12 und Abb. 3.", "Der Rest folgt."],
        ["Er wohnt in der Hauptstr. 5 in Kiel.", "Sie nicht."],
        ["Das geschah im 19. Jahrhundert.", "Damals war alles anders."],
        ["Es war ca. 3.000 m hoch.", "Niemand stieg hinauf."],
        ["»Wo ist er?«, fragte Hans.", "»Weg.«"],
        ["Sie zögerte … dann ging sie.", "Die Lampe war aus."],
        ["Die Fa. Müller u. Co. baute das Boot.", "Es sank bzw. verschwand."],
    ],
    "fr": [
        ["M. Dupont arriva à 5 h.", "Il attendit."],
        ["Mme Petit et Mlle Roy partirent.", "Elles rirent."],
        ["Cela coûte 3,50 euros.", "Pas plus."],
        ["« Va-t’en ! » dit-elle.", "« Non. »"],
        ["Voir p. 12 et fig. 3.", "Le reste suit."],
        ["Le Dr. Roux vint, cf. la lettre.", "Il lut."],
        ["Est-ce fini ?", "Oui, dit J.-P. Martin."],
        ["Elle hésita… puis partit.", "La lampe était éteinte."],
        ["Il y avait des pommes, des poires, etc. dans le panier.", "Elle en prit une."],
        ["Le n. 5 et le no. 6 manquent.", "On chercha."],
    ],
    "es": [
        ["El Sr. López llegó a las 5 p. m.", "Esperó."],
        ["La Dra. Ruiz y D. Juan hablaron.", "Luego se fueron."],
        ["Cuesta 3,50 euros.", "No más."],
        ["«¡Vete!», dijo ella.", "—No —respondió él."],
        ["Véase pág. 12 y fig. 3.", "El resto sigue."],
        ["¿Dónde está?", "¡Aquí!"],
        ["EE. UU. envió un barco.", "Llegó tarde."],
        ["Ella dudó… y se fue.", "La lámpara estaba apagada."],
        ["Vive en la Av. Mayor, núm. 5.", "Ella no."],
        ["Había pan, queso, etc. en la mesa.", "Comieron."],
    ],
    "ru": [
        ["А. С. Пушкин родился в 1799 г. в Москве.", "Он писал стихи."],
        ["Это стоит 3,50 руб. за штуку.", "Не больше."],
        ["«Уходи!» — сказала она.", "«Нет»."],
        ["Он жил на ул. Ленина, д. 5.", "Она — нет."],
        ["Там были яблоки, груши и т. д. в корзине.", "Она взяла одно."],
        ["См. рис. 3 на стр. 12.", "Остальное далее."],
        ["Где он?", "Ушёл."],
        ["Она остановилась… потом пошла.", "Лампа погасла."],
        ["Это было в XIX в. в России.", "Тогда всё было иначе."],
        ["Т. е. никто не пришёл.", "Все спали."],
    ],
    "zh": [
        ["她点灯。", "风来了！", "“谁？”", "她问。"],
        ["他说：“走吧。”", "然后走了。", "没有人回答。"],
        ["价格是3.50元。", "不贵。"],
        ["她停了停……然后走了。", "灯灭了。"],
        ["「你是谁？」", "他没有说话。"],
        ["真的吗？！", "是的。"],
        ["J. K. 罗琳写了它。", "他读了。"],
        ["版本2.1.3发布了。", "快升级！"],
        ["（他没有睡。）", "他吃了。"],
        ["“走！”", "她说。", "“不。”"],
    ],
}
"""By language, hand-made: each item is a text, as its sentences."""


@pytest.mark.parametrize(
    ("language", "parts"), [(code, parts) for code, texts in SENTENCES.items() for parts in texts]
)
def test_sentences_know_abbreviations_initials_decimals_and_quotations(language, parts):
    text = ("" if language == "zh" else " ").join(parts)
    assert [s.text for s in sentences(text, OFFICE_RULE, language)] == parts


def test_a_text_shows_its_own_language():
    text = "Am 3. Oktober war es kalt, und die See ist grau. Er kam am 4. November mit der Fähre."
    assert len(sentences(text, OFFICE_RULE)) == 2


@given(st.one_of(TEXTS, st.text()))
def test_sentences_cover_all_that_is_not_white_space(text):
    at = 0
    for sentence in sentences(text, OFFICE_RULE):
        assert text[sentence.start : sentence.end] == sentence.text == sentence.text.strip()
        assert not text[at : sentence.start].strip()
        at = sentence.end
    assert not text[at:].strip()


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (4, "this is four words"),
        (1, "3,000.50"),
        (1, "http://www.example.com/a-b/c?d=e&f=g"),
        (2, "1.5–2.0"),
        (2, "1.5 – 2.0"),
        (3, "a - b"),
        (2, "a — b"),
        (2, "one—two"),
        (1, "one-two"),
        (3, "Ça va ?"),
        (3, "« Va »"),
        (3, "它。好"),
        (6, "她点亮了灯。"),
        (10, "她用GPU训练3个模型。"),
        (6, "カメラを買う"),
        (3, "カメラ"),
        (7, "안녕하세요 세계"),
        (2, "$ 5"),
        (3, "... wait …"),
        (1, "well…then"),
        (1, "a/b"),
        (1, "mail@example.org"),
        (5, "3.5 % of 20 kg"),
        (2, '"Quoted" text'),
        (2, "don't l’eau"),
        (3, "x = 1"),
        (1, "a·b"),
        (1, "10:30"),
        (3, "1 000 euros"),
        (2, "12 h"),
        (1, "12/03/2024"),
        (2, "“Who?”—“I.”"),
        (3, "走吧——好"),
        (5, "A、B、C"),
        (7, "他说：“走吧”"),
        (3, "word1 word2\u3000word3"),
        (2, "a--b"),
        (3, "a -- b"),
        (2, "1) one"),
        (2, "- item"),
        (1, "x\xady"),
        (1, "naïve\u200bspace"),
        (2, "नमस्ते दुनिया"),
        (2, "§ 5"),
        (2, "①②"),
        (4, "３０００"),
        (1, "Ⅳ"),
        (5, "价格是3.50元"),
        (4, "2024年5月"),
        (6, "版本2.1.3发布了"),
        (4, "走吧……好"),
        (4, "走吧...好"),
        (3, "走吧 好"),
        (5, "走，go，好"),
        (3, "走 100% 好"),
        (5, "他（Tom）说"),
        (2, "“Tom”说"),
        (6, "Tom说：“OK。”"),
        (2, "Va ?"),
        (3, "3.5 % x"),
        (2, "a–b"),
        (3, "a ‒ b"),
        (1, "a―b"),
        (1, "x──y"),
        (5, "中文, 英文"),
        (4, "中文—英文"),
        (4, "中文–英文"),
        (3, "《书》"),
        (3, "a，b"),
        (2, "カー"),
        (2, "がぎ"),
        (6, "한국어 조사를"),
        (3, "１２ab"),
        (1, "a\u200bb"),
        (1, "a\u2060b"),
        (2, "good-bye…—yes"),
        (2, "a----b"),
        (2, "a---b"),
        (2, "no.—5"),
        (2, "(a)–(b)"),
        (1, "tel.:+49-30/123"),
        (2, "🙂 ok"),
        (1, "🙂🙂"),
        (3, "好🙂好"),
        (1, "§5"),
        (5, "3 × 4 = 12"),
        (2, "“ok” ‘x’"),
        (2, "Va\u00a0?"),
        (3, "«\u00a0Va\u00a0»"),
        (2, "a\u2028b"),
    ],
)
def test_words_are_those_that_libreoffice_counts(number, text):
    """The numbers are LibreOffice Writer 7.4.7's own, of each text as a document."""
    assert count_words(text, OFFICE_RULE) == number


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (2, "## Low Water"),
        (2, "one\n\n* * *\n\ntwo"),
        (4, "| a | b |\n|---|:-:|\n| c | d |"),
        (3, "> so *she* **said**"),
        (2, "```python\nx y\n```"),
        (5, "这是**重点**内"),
        (0, " \n---\n"),
    ],
)
def test_markdown_marks_are_no_words(number, text):
    assert count_words(text, OFFICE_RULE) == number


def test_a_sentence_full_of_figures_has_the_words_a_reader_counts():
    text = (
        "On 3/4/2024 the 1.5–2.0 m tide (+0.3 m) cost €3,000.50, says https://example.org/a-b?c=1"
        " by 10:30."
    )
    assert (count_words(text, OFFICE_RULE), count_words(text)) == (15, 28)
