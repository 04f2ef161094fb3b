"""The kit of which screens and pages are built. Knows a run's tables and the manifest; no experiment, no torch."""
