"""Pictures, drawn as SVG from the ledger. Each class holds the pictures of one part of the site."""
