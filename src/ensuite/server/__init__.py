"""The composition root: one application object, and its life cycle."""
