"""What is done with one work, whoever asks: run, watch, purge, inspect."""
