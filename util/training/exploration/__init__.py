"""What the notebooks compute and draw before and after training: each has a name here, so that it is tested."""
