"""The step held against PyTorch: `make verify`, or `python -m verify` where PyTorch is installed."""
