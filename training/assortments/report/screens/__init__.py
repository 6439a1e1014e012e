"""The eleven screens, a file each: the tables that a screen shows. What a figure means is said here and nowhere else.

Amounts are whole cents over the horizon of the run (`Run.horizon_weeks`) and all stores of a cluster, unless their
title says otherwise. Intervals are 80 % intervals: from the 10th to the 90th percentile.
"""
