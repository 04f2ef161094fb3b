"""What the room calls its samples and units. Knows words only, so that no torch is needed to know them."""

WRITTEN = "written"
"""The condition of a text that the model wrote."""


def sample_name(prompt: str) -> str:
    """The name of a prompt's text.

    >>> sample_name("story-1")
    'story-1-written'
    """
    return f"{prompt}-{WRITTEN}"
