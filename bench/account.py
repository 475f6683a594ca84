"""The billing account that every upstream of the benchmark returns."""

from __future__ import annotations

from typing import Final

ACCOUNT: Final = {
    "id": "cus_a1b2c3d4e5f6g7h8",
    "workspace_id": "ws_a1b2c3d4e5f6g7h8",
    "name": "ACME Corp Billing",
    "email": "billing@acme.com",
    "phone": "+15551234567",
    "description": "For US-based operations",
    "currency": "usd",
    "address": {
        "country": "US",
        "line1": "123 Main Street",
        "line2": "Suite 456",
        "city": "San Francisco",
        "state": "CA",
        "postal_code": "94105",
    },
    "created_at": "2025-10-29T00:40:06.000000Z",
    "updated_at": "2025-10-29T00:40:06.000000Z",
}
