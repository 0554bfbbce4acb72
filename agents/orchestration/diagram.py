"""The two graphs as a picture."""

from inkwright.agents.orchestration.section_graph import section_graph
from inkwright.agents.orchestration.work_graph import work_graph


def draw_graphs() -> str:
    """Return the work graph and the section graph as Mermaid."""
    return "\n".join(
        f"%% {name}\n{graph.get_graph().draw_mermaid()}"
        for name, graph in (
            ("work graph", work_graph()),
            ("section graph", section_graph()),
        )
    )
