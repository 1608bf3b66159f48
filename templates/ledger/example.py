import json
from pathlib import Path

import numpy as np

# Every value under its name.
values = np.load("ledger.npz")
q, k = values["layers.0.attention.q_heads"], values["layers.0.attention.k_heads"]
print(np.allclose(q @ k.swapaxes(1, 2), values["layers.0.attention.scores"]))

# How a value was made.
ledger = json.loads(Path("ledger.json").read_text(encoding="utf-8"))
entries = {entry["name"]: entry for entry in ledger["entries"]}
entry = entries["layers.0.attention.scores"]
print(entry["op"], [operand["name"] for operand in entry["operands"]])
