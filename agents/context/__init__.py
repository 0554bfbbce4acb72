"""What a call is shown of the run: its plan, its memory, its sources."""
