"""What happens to texts after drafting: settling, length, repetition, last review, edits."""
