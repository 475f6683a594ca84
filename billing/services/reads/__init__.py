"""Reads of Altostrat's data, for pages, files and programs. Every read of a billing account is in the access log.

    read(actor, workspace_id, {name: Read(…)})    several reads at once: a page is as slow as the slowest one
    read(…, allow_copies=False)                   the same for a file, which must not contain copies
    Reader(actor, workspace_id).read({…})         the same, for a page whose next reads depend on the first ones
    read_live(actor, workspace_id, Read(…))       one live answer or an error, for a program
    read_shared(actor, workspace_id, Read(…), …)   the same for the API: shares calls, and may return a short copy
    open_file(actor, workspace_id, Read(…))         a file, in pieces
    find_copies(actor, workspace_id, {…})         copies of earlier answers, without a call

`read` returns a Result for each name: Live, Kept (a copy, while Altostrat is unavailable), Failed, or Late. Functions
that make a Read, with the portal's own names, are in `billing_accounts/reads.py` and `workspaces/reads.py`.
"""

from billing.services.reads.files import open_file
from billing.services.reads.reader import Reader, find_copies, read, read_live
from billing.services.reads.results import Copied, Failed, Kept, Late, Live, Result
from billing.services.reads.sharing import read_shared
from billing.services.tokens.kept_copies import Read

__all__ = (
    "Copied",
    "Failed",
    "Kept",
    "Late",
    "Live",
    "Read",
    "Reader",
    "Result",
    "find_copies",
    "open_file",
    "read",
    "read_live",
    "read_shared",
)
