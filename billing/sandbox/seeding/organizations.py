"""The organizations of each workspace, with their seats in use."""

from __future__ import annotations

import uuid
from typing import Final

from billing.sandbox import Document
from billing.sandbox.prices import fingerprint

_DEPARTMENTS: Final = ("Operations", "Field teams", "Front office", "Branches", "Engineering Department")
_DOCUMENTED: Final = ("org_root123", "org_zYxWvUt987654321", "org_aBcDeFg123456789")


def tree(
    workspace: Document,
    accounts: list[Document],
    used: dict[str, dict[str, int]],
) -> list[Document]:
    """Return the organizations of a workspace, parents first. `used` has the seats in use by account and product."""
    if workspace["id"] == "ws_a1b2c3d4e5f6g7h8":
        return _documented(workspace, accounts, used)
    rows: list[Document] = []
    for number, account in enumerate(accounts):
        billed = None if workspace["billing_mode"] == "pooled" else account["id"]
        root = _organization(workspace, account["name"], None, billed, f"{account['id']}")
        children = 1 + int(fingerprint(account["id"])[0], 16) % 3
        rows += _root_with_children(workspace, root, children, used.get(account["id"], {}))
        if number == 0 and len(rows) > 1:
            rows[1]["picture"] = "https://cdn.altostrat.io/logos/engineering.png"
    return rows


def _documented(
    workspace: Document, accounts: list[Document], used: dict[str, dict[str, int]]
) -> list[Document]:
    """Return three levels, so that the documented organization has its documented depth."""
    root = _organization(workspace, "ACME Corporation", None, None, "acme") | {"id": _DOCUMENTED[0]}
    middle = _organization(workspace, "ACME Products", root, None, "products") | {"id": _DOCUMENTED[1]}
    total: dict[str, int] = {}
    for account in accounts:
        for product, count in used.get(account["id"], {}).items():
            total[product] = total.get(product, 0) + count
    own = _organization(workspace, "Engineering Department", middle, None, "engineering")
    own |= {
        "id": _DOCUMENTED[2],
        "picture": "https://cdn.altostrat.io/logos/engineering.png",
        "limits": {"locations": 50, "users": 250},
        "branding": {
            "display_name": "ACME Corp",
            "login_hint": "acme-corp",
            "colors": {"primary": "#FF5733", "page_background": "#FFFFFF"},
        },
    }
    teams = [_organization(workspace, name, own, None, name) for name in ("Platform", "Hardware", "Labs")]
    rows = [root, middle, own, *teams]
    _distribute(total, [middle, own, *teams[:2]])
    _sum_subtrees(rows)
    return rows


def _root_with_children(
    workspace: Document, root: Document, children: int, used: dict[str, int]
) -> list[Document]:
    below = [
        _organization(workspace, _DEPARTMENTS[number], root, None, f"{root['id']}{number}")
        for number in range(children)
    ]
    root["limits"] = dict.fromkeys(used)
    for child in below[:1]:
        child["limits"] = {product: max(1, count) for product, count in used.items()}
    _distribute(used, [root, *below])
    rows = [root, *below]
    _sum_subtrees(rows)
    return rows


def _organization(
    workspace: Document, name: str, parent: Document | None, account_id: str | None, key: str
) -> Document:
    digest = fingerprint(workspace["id"], "organization", key)
    above = f"{parent['path']}#{parent['id']}" if parent and parent["path"] else parent and parent["id"]
    return {
        "id": f"org_{digest[:16]}",
        "name": name[:50],
        "workspace_id": workspace["id"],
        "external_id": str(uuid.UUID(digest[:32], version=4)),
        "parent_org_id": parent["id"] if parent else None,
        "path": above,
        "depth": parent["depth"] + 1 if parent else 0,
        "billing_account_id": account_id,
        "picture": None,
        "usage": {"usage": {}, "subtree_usage": {}},
        "limits": {},
        "branding": {"display_name": None, "login_hint": None, "colors": {}},
    }


def _distribute(used: dict[str, int], rows: list[Document]) -> None:
    """Distribute the seats in use evenly; the last organization gets the remainder."""
    for product, count in used.items():
        share = count // len(rows)
        for row in rows:
            row["usage"]["usage"][product] = share
        rows[-1]["usage"]["usage"][product] += count - share * len(rows)


def _sum_subtrees(rows: list[Document]) -> None:
    """Compute the usage of subtrees. Parents must precede their children."""
    by_id = {row["id"]: row for row in rows}
    for row in rows:
        row["usage"]["subtree_usage"] = dict(row["usage"]["usage"])
    for row in reversed(rows):
        parent = by_id.get(row["parent_org_id"] or "")
        if parent is not None:
            total = parent["usage"]["subtree_usage"]
            for product, count in row["usage"]["subtree_usage"].items():
                total[product] = total.get(product, 0) + count
