"""Prompts and what is known of a text without any state. Knows no model."""
