"""Festivals: what past ones did to sales, and how much stock stores need for the next."""
