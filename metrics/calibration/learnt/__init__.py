"""A referee that is learnt from one's own votes.

A linear head on features of a frozen encoder, fitted to votes through the same pair likelihood as
the calibrated models, and judged by what was left out of its training.
"""
