"""Assortments: from purchases to what each store should carry, with proofs, prices of rules and a report."""
