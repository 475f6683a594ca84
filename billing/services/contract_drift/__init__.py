"""Where responses of Altostrat no longer fit its contract: documented fields missing, and undocumented ones.

contract.py    the contract
watch.py       which responses are compared
comparison.py  how one differs
findings.py    what was found, counted and logged once a day
"""
