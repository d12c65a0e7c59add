"""From a folder of images, in whatever layout it came, to one indexed data set that was checked."""
