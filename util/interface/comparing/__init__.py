"""The pieces of the Compare page: several methods, several networks or several models on one image."""
