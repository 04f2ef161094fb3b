"""`python -m llmgeo` is the command `llmgeo`."""

from llmgeo.cli.app import main

if __name__ == "__main__":
    main()
