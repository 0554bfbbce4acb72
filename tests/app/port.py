"""A brief of three short sections about the tides and the port of Brest, with sources."""


def brief(sources: str) -> str:
    """Return it as YAML; ``sources`` is what it says of those."""
    return f"""\
request: A report about the tides and the port of Brest.
words: 360
continuity: free
outline:
  - {{title: Tides, purpose: Say how the tide is., words: 120}}
  - {{title: Port, purpose: Say what the port is., words: 120}}
  - {{title: End, purpose: Say how it ends., words: 120}}
sources: [{sources}]
"""
