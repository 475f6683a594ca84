"""The addresses that the page tests ask for."""

WORKSPACE = "ws_a1b2c3d4e5f6g7h8"
ACCOUNT = "cus_a1b2c3d4e5f6g7h8"
ACCOUNTS = f"/workspaces/{WORKSPACE}/billing-accounts/"
DOCUMENTED = f"{ACCOUNTS}{ACCOUNT}/"


def failing(name: str) -> str:
    """The page of an account of the sandbox's failure gallery: `cus_{name}`."""
    return f"/workspaces/ws_failures/billing-accounts/cus_{name}/"


def panel(of: str, key: str) -> str:
    """One panel, by itself, of the account that has this page."""
    return f"{of}panels/{key}/"
