"""The rooms: a folder for each experiment, with all that it is. No room knows another."""
