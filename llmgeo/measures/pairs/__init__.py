"""Two clouds of the same points, set side by side."""
