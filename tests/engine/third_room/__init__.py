"""A third room: how long are the states of a prompt's last token? One folder, one line in the registry."""
