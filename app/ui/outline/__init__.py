"""The Outline page: the tree of sections, their graph, and changes to either."""
