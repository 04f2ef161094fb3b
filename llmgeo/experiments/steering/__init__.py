"""Ways to keep a model out of loops, on the same prompts: what acts always, what while a monitor is alarmed."""
