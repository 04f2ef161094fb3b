"""What a probe calls its samples. Knows words only, so that no torch is needed to know them."""


def sample_name(prompt: str, condition: str) -> str:
    """The name of a prompt's text in a condition.

    >>> sample_name("story-1", "greedy")
    'story-1-greedy'
    """
    return f"{prompt}-{condition}"
