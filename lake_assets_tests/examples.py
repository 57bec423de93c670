"""How many examples hypothesis tries: few enough for every run, many when asked for.

`pytest --hypothesis-profile=thorough` tries ten times as many. A test that needs another number than
hypothesis's own hundred asks for it here, so that the profile counts for it too.
"""

from hypothesis import settings

USUAL = 100  # what hypothesis tries by itself

settings.register_profile("thorough", max_examples=10 * USUAL, deadline=None)


def examples(usual: int) -> int:
    """Give the number of examples of a test in the profile that was chosen.

    Args:
        usual: the number in a run of every day.
    """
    return usual * settings().max_examples // USUAL
