"""Numbers in sentences, as people say them. Nothing else belongs here."""


def pluralize(number: int, what: str) -> str:
    """Return how many there are of something: `1 record`, `2,000 records`."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"
