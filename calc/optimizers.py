"""Three other optimizers beside AdamW: gradient descent, the same with momentum, and Adam with L2 regularization.

Each is a function of the same tape that adamw.update is, so that all four can be run on the same gradients. Without
momentum this is gradient descent as Robbins and Monro (1951, "A Stochastic Approximation Method") have it for random
gradients; momentum is Polyak's (1964, "Some methods of speeding up the convergence of iteration methods"), in the form
of torch.optim.SGD (dampening 0): the buffer takes in the whole gradient, and the learning rate multiplies the buffer
(Sutskever et al., 2013, "On the importance of initialization and momentum in deep learning", has it multiply the
gradient instead). Adam is that of Kingma and Ba (2015, "Adam: A Method for Stochastic Optimization", algorithm 1).
"""

from __future__ import annotations

from calc import adamw
from calc.ledger import Entry, Tape


def sgd(led: Tape, p: Entry, grad: Entry, lr: Entry) -> Entry:
    """p, grad, with the parameter's axes -> new p"""
    step = led.put("step", None, p.axes, "mul", lr, grad)  # F1
    return led.put("new", p.symbol, p.axes, "sub", p, step)  # F2


def momentum(led: Tape, p: Entry, grad: Entry, buffer: Entry, lr: Entry, share: Entry) -> tuple[Entry, Entry]:
    """p, grad, buffer, all with the parameter's axes -> new p, new buffer; `share` of the old buffer is kept"""
    axes = p.axes
    kept = led.put("buffer_kept", None, axes, "mul", share, buffer)  # F1
    buffer = led.put("buffer", "b", axes, "add", kept, grad)  # F2
    step = led.put("step", None, axes, "mul", lr, buffer)  # F3
    return led.put("new", p.symbol, axes, "sub", p, step), buffer  # F4


def adam_l2(
    led: Tape, p: Entry, grad: Entry, m: Entry, v: Entry, decay: Entry, r: adamw.Rates, one: Entry
) -> tuple[Entry, Entry, Entry]:
    """p, grad, m, v, all with the parameter's axes -> new p, new m, new v

    The gradient of decay / 2 times the sum of squares is added to the loss's, as by weight_decay in torch.optim.Adam.
    It goes through both averages and is divided by the root like the rest, so a parameter with large gradients decays
    less (Loshchilov and Hutter, 2019, "Decoupled Weight Decay Regularization", section 2). The update is AdamW's own,
    whose decay apart from the gradient is switched off: it keeps the whole (`one`) of the parameter.
    """
    pull = led.put("pull", None, p.axes, "mul", decay, p)  # F1
    pulled = led.put("pulled", "h", p.axes, "add", grad, pull)  # F2
    return adamw.update(led, p, pulled, m, v, r._replace(keep=one))  # F3
