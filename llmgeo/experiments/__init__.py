"""The order of the steps of each experiment. Knows models, measures, statistics, runs; no screens, no formats."""
