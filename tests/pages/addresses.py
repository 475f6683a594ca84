"""Paths of pages."""

WORKSPACE = "ws_a1b2c3d4e5f6g7h8"
ACCOUNT = "cus_a1b2c3d4e5f6g7h8"
ACCOUNTS = f"/workspaces/{WORKSPACE}/billing-accounts/"
DOCUMENTED = f"{ACCOUNTS}{ACCOUNT}/"


def failing(name: str) -> str:
    """Return the page of an account that fails in the sandbox: `cus_{name}`."""
    return f"/workspaces/ws_failures/billing-accounts/cus_{name}/"


def panel(of: str, key: str) -> str:
    """Return the URL of one panel of an account's page."""
    return f"{of}panels/{key}/"
