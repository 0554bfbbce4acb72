"""Reading and writing text files, YAML and output folders."""
