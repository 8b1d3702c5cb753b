"""Networks whose weights come from optional packages (common/installed_weights.py)."""
