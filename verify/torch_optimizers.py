"""Other optimizers in PyTorch: two steps from the weights and the gradients of an exported run, in float64.

It shares no code with the engine that made them.
"""

import json
from types import SimpleNamespace

import numpy as np
import torch


def sgd(p, o):
    return torch.optim.SGD([p], lr=o.lr)


def momentum(p, o):
    return torch.optim.SGD([p], lr=o.lr, momentum=o.beta1)


def adam_l2(p, o):
    return torch.optim.Adam([p], lr=o.lr, betas=(o.beta1, o.beta2), eps=o.eps, weight_decay=o.weight_decay)


def adamw(p, o):
    return torch.optim.AdamW([p], lr=o.lr, betas=(o.beta1, o.beta2), eps=o.eps, weight_decay=o.weight_decay)


def path(optimizer, start, gradients, o):
    """What an optimizer makes of a parameter with one gradient after another: its values, as arrays."""
    p = torch.nn.Parameter(torch.from_numpy(start.copy()))
    moving = optimizer(p, o)
    for gradient in gradients:
        p.grad = torch.from_numpy(gradient.copy())
        moving.step()
        yield p.detach().numpy().copy()


def optimizers(file):
    """Each optimizer's new parameters: (function, the entry's name in the file, array)."""
    with np.load(file) as archive:
        arrays = dict(archive)
    o = json.loads(str(arrays["config"]), object_hook=lambda table: SimpleNamespace(**table)).optimizer
    for optimizer in (sgd, momentum, adam_l2, adamw):
        method = optimizer.__name__
        ends = [name for name in arrays if name.startswith(f"{method}.") and name.endswith(".new")]
        for name in (end.removeprefix(f"{method}.").removesuffix(".new") for end in ends):
            # The second gradient is the one where gradient descent stands after its first step, with or without
            # momentum: there the two are at the same place.
            names = [f"{method}.{name}.new", f"second.{method}.{name}.new"]
            gradients = [arrays[key] for key in (f"grad.{name}", f"grad.sgd.{name}.new") if key in arrays]
            for new, value in zip(names, path(optimizer, arrays[name], gradients, o), strict=False):
                if new in arrays:
                    yield method, new, value
