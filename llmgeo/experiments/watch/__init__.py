"""How early a monitor hears a loop, channel by channel, beside the rules that servers ship."""
