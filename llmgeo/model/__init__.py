"""Language models: loaded, verified, generating, captured. Knows transformers and hooks; no measure."""
