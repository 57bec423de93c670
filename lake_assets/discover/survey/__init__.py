"""What the lake holds: every file of a table read once, its cells gathered, like files put together.

Nothing is decided here; what follows from a survey is `infer`'s.
"""
