"""Reports over all accounts that a person's tokens can access, from the results of scans.

Nothing here calls Altostrat. Amounts are integers in the smallest unit, and currencies are never added together.
"""
