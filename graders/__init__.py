"""Grading for vaegan: the judges of answers, the tests of each assignment, and the `vaegan` command."""
