"""AdamW: Adam's bias-corrected step, and weight decay that is decoupled from it (Loshchilov and Hutter, 2019,
"Decoupled Weight Decay Regularization", algorithm 2, with the decay scaled by the learning rate as in
torch.optim.AdamW)."""

from __future__ import annotations

from typing import NamedTuple

from calc.ledger import Entry, Tape


class Rates(NamedTuple):
    """The scalars that every parameter's update shares in one step."""

    lr: Entry
    beta1: Entry
    take1: Entry
    beta2: Entry
    take2: Entry
    eps: Entry
    correction1: Entry
    correction2: Entry
    keep: Entry


def rates(led: Tape, lr: Entry, beta1: Entry, beta2: Entry, eps: Entry, decay: Entry, step: Entry, one: Entry) -> Rates:
    """lr, beta1, beta2, eps, decay, step: scalars; step is 1 for the first one"""
    take1 = led.put("one_minus_beta1", None, "", "sub", one, beta1)
    take2 = led.put("one_minus_beta2", None, "", "sub", one, beta2)
    power1 = led.put("beta1_power", None, "", "power", beta1, step)
    power2 = led.put("beta2_power", None, "", "power", beta2, step)
    correction1 = led.put("correction1", None, "", "sub", one, power1)
    correction2 = led.put("correction2", None, "", "sub", one, power2)
    shrink = led.put("lr_times_decay", r"\eta\lambda", "", "mul", lr, decay)
    keep = led.put("keep", None, "", "sub", one, shrink)
    return Rates(lr, beta1, take1, beta2, take2, eps, correction1, correction2, keep)


def update(led: Tape, p: Entry, grad: Entry, m: Entry, v: Entry, r: Rates) -> tuple[Entry, Entry, Entry]:
    """p, grad, m, v, all with the parameter's axes -> new p, new m, new v"""
    axes = p.axes
    m_kept = led.put("m_kept", None, axes, "mul", r.beta1, m)  # F1
    m_added = led.put("m_added", None, axes, "mul", r.take1, grad)  # F2
    m = led.put("m", "m", axes, "add", m_kept, m_added)  # F3
    squared = led.put("squared", None, axes, "square", grad)  # F4
    v_kept = led.put("v_kept", None, axes, "mul", r.beta2, v)  # F5
    v_added = led.put("v_added", None, axes, "mul", r.take2, squared)  # F6
    v = led.put("v", "v", axes, "add", v_kept, v_added)  # F7
    m_hat = led.put("m_hat", r"\hat{m}", axes, "div", m, r.correction1)  # F8
    v_hat = led.put("v_hat", r"\hat{v}", axes, "div", v, r.correction2)  # F9
    root = led.put("root", None, axes, "sqrt", v_hat)  # F10
    denominator = led.put("denominator", None, axes, "add", root, r.eps)  # F11
    direction = led.put("direction", "u", axes, "div", m_hat, denominator)  # F12
    step = led.put("step", None, axes, "mul", r.lr, direction)  # F13
    kept = led.put("kept", None, axes, "mul", p, r.keep)  # F14: the decay, apart from the gradient
    new = led.put("new", p.symbol, axes, "sub", kept, step)  # F15
    return new, m, v
