"""What a rule can see in a text without asking a model."""
