"""The Brief page: the form and its tables, sources, and a brief that is kept while it is typed."""
