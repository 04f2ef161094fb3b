"""How any experiment runs. Knows no experiment's name and no number of any."""
