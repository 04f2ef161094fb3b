"""Tests of the room of the depth axis."""
