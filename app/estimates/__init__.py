"""What a run would take, found by running it against a fake model."""
