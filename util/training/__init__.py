"""Floor 9: folders of labelled images become an `.h5`, its card and a run folder. `python -m util.training --help`."""
