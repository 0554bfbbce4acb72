"""Talk: what a model says around, into and in place of the text it was asked for."""
