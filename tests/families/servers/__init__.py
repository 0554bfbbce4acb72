"""The fakes, by what is odd about them. Each names its row of the table, and its threads."""
