"""The overview: sections as data, each in the place that a person gave it."""
