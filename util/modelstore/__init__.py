"""Floor 4: a folder of `.h5` files and cards becomes validated `Card`s and lazy `Network`s."""
