"""Pooled supply: from whom to buy what, for one or two buying groups, with a bound on what could still be saved."""
