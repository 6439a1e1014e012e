"""Forecasts of what stores sell each week."""
