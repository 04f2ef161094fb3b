"""The recipes that come with llmgeo: one TOML file per experiment. Holds no code."""
