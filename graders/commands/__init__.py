"""The commands of `vaegan`, a module each."""
