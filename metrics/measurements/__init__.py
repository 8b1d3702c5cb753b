"""Measurements of the stimuli in the database: making, reading and fitting them."""
