"""What a change to memory, outline or sources means for texts that stand."""
