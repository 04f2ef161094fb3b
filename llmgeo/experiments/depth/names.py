"""What the room calls its texts. Knows words only, so that no torch is needed to know them."""

WRITTEN = "written"
"""The condition of a text that the model wrote."""
