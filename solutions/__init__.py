"""Reference solutions, one package an assignment."""
