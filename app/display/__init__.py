"""What a terminal shows: progress, tables, formatted numbers."""
