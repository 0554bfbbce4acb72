"""Taking a work away: Markdown, Word, EPUB, PDF, and the archive that brings all of it back."""
