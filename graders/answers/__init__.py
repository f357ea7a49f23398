"""Judging answers as mathematics; imports nothing else of this project, so that it can be handed on."""
