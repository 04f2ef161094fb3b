"""The texts that the recipes use. Holds no code."""
