"""What a person does to a work: text, candidates, locks, decisions."""
