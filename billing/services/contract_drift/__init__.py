"""Where responses of Altostrat no longer fit its contract: documented fields missing, and undocumented ones.

contract.py    the contract
watch.py       which responses are compared
comparison.py  how one differs
findings.py    what was found, counted and logged once a day
"""

from billing.services.contract_drift.findings import Finding, Kind, all_findings, clear, record

__all__ = ("Finding", "Kind", "all_findings", "clear", "record")
