"""Many pieces in one go: briefs from a file of lines, results as lines in another.

``lines`` reads what is asked for, ``results`` is what comes out and the file that holds it,
``running`` writes the works side by side, ``progress`` tells how far it is, ``forecast`` says
beforehand what it would take.
"""
