"""Scans of everything that a person's tokens can access, in steps that a worker or, without one, the browser drives.

No thread outlives its step. The results are sealed per token. They are kept for DIRECTORY_MINUTES (exports of invoices:
EXPORT_HOURS), or until the token is deleted.

    run.py             start a scan and advance it by a step
    background.py      let a worker do the steps
    step.py            one step: concurrent calls within the token's budget, then one write
    tasks.py           one task of a scan: which calls to make, and what to keep of the answers
    summaries.py       what is kept of each object
    store.py           the rows: started, claimed by one request at a time, saved
    results.py         the results and the progress of scans
    search_index.py    the search for workspaces and accounts
    object_index.py    the search for invoices, subscriptions and payment methods
    details.py         what was read of each account
    queues.py          work queues over all accounts
    invoice_export.py  the invoices of many accounts
"""
