"""Proof of a built site: every number that it prints is held against what it should be.

    python -m render.proof SITE

reads the pages as they were published and holds them against the ledger of the configuration beside them, replayed at
fifty digits. Nothing that drew the pages takes part.

Reading order: reading (HTML to numbers and lines), precise (a ledger at fifty digits), digits, equations and stored
(the checks), site (all of them).
"""
