"""Web push: notices on a person's devices, through the push service of each browser."""
