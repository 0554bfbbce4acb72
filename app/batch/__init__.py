"""Many pieces in one go: briefs from a file of lines, results as lines in another.

``input`` reads what is asked for, ``results`` is what comes out and the file that holds it,
``local_runner`` writes the works side by side, ``batch_progress`` tells how far it is,
``batch_estimate`` says beforehand what it would take.
"""
