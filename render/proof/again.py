"""What every build does, once more for a finished site: gradients by the complex step, pages with their claims."""

from __future__ import annotations

from calc import witness
from render.page import TRUST
from render.pages import PageError, Site, in_order
from render.proof.digits import Truth
from render.proof.report import Check, counted


def gradients(truth: Truth) -> Check:
    """Every gradient of the ledger, held along random directions."""
    check = Check("gradients")
    rows = witness.along_directions(truth.ledger)
    for row in rows:
        if not row.holds:
            check.fault("data/ledger.npz", f"{row.name}: off by {row.error:.1e} of its largest entry")
    worst = max(rows, key=lambda row: row.error)
    check.counts = {"gradients": len(rows)}
    check.says = (
        f"{counted(len(rows), 'gradient')} by hand and by the complex step, along random directions; the farthest is "
        f"{worst.error:.1e} off ({worst.name}), and {witness.BOUND:.0e} is allowed"
    )
    return check


def claims(truth: Truth) -> Check:
    """Every page rendered again, by which its claims are decided again and its worked lines close again."""
    check = Check("claims")
    site = Site(truth.ledger, truth.config)
    for path in in_order():
        try:
            site.page(path)
        except PageError as error:
            check.fault(path, str(error))
    check.counts = {"claims": site.claims}
    check.says = f"{counted(site.claims, 'claim')} of the prose, decided again by the numbers; the count is on {TRUST}"
    return check
