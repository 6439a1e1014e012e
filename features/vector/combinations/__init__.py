"""Columns that combine several grains, beside each other by the feature family that they mostly speak of.

A combination is a name and a function of what is looked up. Serving computes them, so these files know numpy alone.
"""
