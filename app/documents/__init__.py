"""Documents: reading what a person writes from (PDF, Word, web pages, ...) as plain text.

``read_all`` reads files in a process of its own, so that a document that is broken, or made to do
harm, costs that one document.
"""
