"""How fast it is, always against a reference measured in the same run."""
