"""Grading a folder of submissions: finding them, grading each, writing the grades."""
