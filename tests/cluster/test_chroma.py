"""The vector index on a real Chroma server, which many processes share."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing

import pytest

from inkwright.memory.errors import IndexUnusable
from inkwright.memory.retrieval.chroma_server import ChromaServerIndex
from tests.cluster import servers
from tests.memory.test_index import TEXTS, Embedder, VectorSearch, at

pytestmark = pytest.mark.cluster
Opened = Callable[..., ChromaServerIndex]


@pytest.fixture
def address(chroma: str) -> str:
    return f"{chroma}/{uuid.uuid4().hex}"


@pytest.fixture
def opened(address: str) -> Iterator[Opened]:
    """Open the index as one more process does."""
    with ExitStack() as ended:
        yield lambda at=address, embedder="an-embedder": ended.enter_context(
            closing(ChromaServerIndex(at, embedder))
        )


def test_what_one_process_stores_another_finds(opened: Opened) -> None:
    opened().add("w", {"far": at(90), "near": at(10), "middle": at(45), "other": at(0)})
    other = opened()
    assert other.find_missing("w", ["near", "new"]) == ["new"]
    found = other.find_nearest("w", at(0), ["far", "near", "middle"], 2)
    assert list(found) == ["near", "middle"]


def test_libraries_works_and_embedders_do_not_see_each_other(opened: Opened, chroma: str) -> None:
    opened().add("w", {"a": at(0)})
    elsewhere = opened(f"{chroma}/{uuid.uuid4().hex}")
    assert elsewhere.find_missing("w", ["a"]) == ["a"]
    assert opened().find_missing("v", ["a"]) == ["a"]
    assert opened(embedder="another").find_missing("w", ["a"]) == ["a"]


def test_a_dropped_work_is_forgotten_whatever_its_embedder_and_others_stay(
    opened: Opened,
) -> None:
    opened().add("w", {"a": at(0)})
    opened().add("v", {"a": at(0)})
    opened(embedder="another").add("w", {"a": at(0)})
    opened(embedder="").delete_work("w")
    assert opened().find_missing("w", ["a"]) == ["a"]
    assert opened(embedder="another").find_missing("w", ["a"]) == ["a"]
    assert opened().find_missing("v", ["a"]) == []


def test_vectors_that_another_process_dropped_are_looked_for_again(opened: Opened) -> None:
    index = opened()
    index.add("w", {"a": at(0), "b": at(0)})
    opened().delete_work("w")
    with pytest.raises(IndexUnusable, match="cannot be used"):
        index.find_nearest("w", at(0), ["a"], 5)
    assert index.find_missing("w", ["a"]) == ["a"]


async def test_every_text_is_embedded_once_whoever_asks(opened: Opened) -> None:
    before = await VectorSearch("w", opened(), Embedder()).find_nearest("aa", TEXTS)
    embed = Embedder()
    assert await VectorSearch("w", opened(), embed).find_nearest("aa", TEXTS) == before
    assert embed.asked == ["aa"]


def test_a_server_that_is_not_there_is_one_line_that_says_what_to_do(opened: Opened) -> None:
    with pytest.raises(IndexUnusable, match=r"start that server, or correct INKWRIGHT_INDEX_URL"):
        opened(f"http://127.0.0.1:{servers.free_port()}/novels")


def test_a_server_that_goes_away_is_a_fault_of_the_index_and_not_a_crash(opened: Opened) -> None:
    with servers.chroma() as address:
        index = opened(f"{address}/novels")
        index.add("w", {"a": at(0)})
    with pytest.raises(IndexUnusable, match="start that server"):
        index.add("w", {"b": at(0)})
