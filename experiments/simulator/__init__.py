"""Planted truth: what no public data set has, made from one seed; the truth is kept apart from what is seen."""
