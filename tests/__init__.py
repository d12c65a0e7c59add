"""Tests by room; run them with `make test`."""
