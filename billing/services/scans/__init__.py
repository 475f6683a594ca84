"""Scans of everything that a person's tokens can see, in steps that the browser requests.

No thread or worker outlives a request. Results are encrypted per token, and kept until DIRECTORY_MINUTES have passed or
the token is deleted.

    store.py    the rows: opened, claimed by one request at a time, written
    tasks.py    one thing to do for a scan: which calls, and what of their answers is kept
    briefs.py   what is kept of Altostrat's objects
    step.py     one step: calls side by side within the token's budget, then one write
    walk.py     beginning and advancing a walk
    found.py    reading what was found
"""
