"""One file a method, found by its name."""
