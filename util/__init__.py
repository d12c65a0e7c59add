"""The rooms of Penumbra; docs/architecture.md says which may import which."""
