"""Walks over everything that a person's tokens see, in steps that the browser drives: no thread, no worker outlives the
request. What was found is kept sealed, per token, for DIRECTORY_MINUTES, and goes with the token.

    store.py    the rows: opened, claimed by one request at a time, written
    tasks.py    one thing to do for a scan: which calls, and what of their answers is kept
    briefs.py   what is kept of Altostrat's objects
    step.py     one step: calls side by side within the token's budget, then one write
    walk.py     beginning and advancing a walk
    found.py    reading what was found
"""
