"""From the ledger to what a reader sees: digits, LaTeX, tables, pages, and the built site."""
