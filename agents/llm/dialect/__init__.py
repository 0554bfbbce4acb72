"""How each kind of server is spoken to: between the client, which knows the question, and the wire.

``capability_records`` holds what is known of each served model, ``request`` puts a question into
its words, ``refusals`` and ``answers`` learn from what comes back, and ``thoughts`` keeps a model's
thinking apart from what it says.
"""
