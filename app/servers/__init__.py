"""Model servers as people run them: which are there, what they can do, and how to be set to one."""
