"""Lines of thought: what carries a layer's states to the next, and how few dimensions the output needs."""
