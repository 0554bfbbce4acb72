"""Random texts for property tests, in English and Chinese, with the marks that trip things up."""

from hypothesis import strategies as st

PIECES = (
    *"abZ9 .!?…\n\t\r\u3000\u2028。！？，“”\"'’()）」*#-—",
    "The lamp went out. ",
    "她点亮了灯。",
    "“Who?” she said. ",
    "3.14 ",
    "don't ",
    "\n\n",
    "Mr. ",
    "e\u0301",
    "カメラ",
    "👩‍🚀",
)
TEXTS = st.lists(st.sampled_from(PIECES), max_size=60).map("".join)
PROSE = st.lists(
    st.sampled_from(
        ["The lamp went out. ", "Nobody came!\n\n", "她点亮了灯。", "“Who?” ", "One, "]
    ),
    max_size=40,
).map("".join)
