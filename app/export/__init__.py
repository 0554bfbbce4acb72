"""Finished pieces as files: DOCX, EPUB, PDF, Markdown, BibTeX, archives."""
