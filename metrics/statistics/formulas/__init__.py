"""Formulas of statistics: functions of two pictures, or of their features. Pure torch, float64."""
