"""Mutants: the product with one defence taken out, to see that the campaigns would notice.

Each module takes out one: `apply()` is called in every process of ours before it runs, `DATABASE` is done to the database.
Nothing of them is in the product, which has no switch for any of this. `catalogue.py` says which experiment must fail.
"""
