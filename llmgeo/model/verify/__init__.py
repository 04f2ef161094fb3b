"""Proof, when a model is loaded, that what is captured are its hidden states."""
