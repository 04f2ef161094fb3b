"""The room of clouds of many texts."""
