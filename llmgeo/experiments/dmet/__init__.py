"""The room of DMET: continuity, clusters, holes and phases of a text's path, each beside surrogates."""
