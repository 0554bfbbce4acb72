"""What is given to others: the wheel in an environment of its own, and the image's recipe."""
