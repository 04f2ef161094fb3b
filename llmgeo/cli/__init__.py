"""The command `llmgeo`: options, exit codes, output. Computes nothing.

Nothing heavy is imported at the top of these modules, so that `llmgeo --help` answers at once.
"""
