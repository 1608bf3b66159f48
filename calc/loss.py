"""Cross-entropy: how surprised the model is by the right token, in nats, as a mean over the positions.

Where sentences of several lengths are read together, the shorter ones are padded, and a mask (1 at words, 0 at padding)
keeps the padding out of the mean, as `ignore_index` does in torch.nn.functional.cross_entropy.
"""

from __future__ import annotations

from typing import NamedTuple

from calc import softmax
from calc.ledger import Entry, Tape


class Loss(NamedTuple):
    logits: Entry
    targets: Entry
    probs: Entry
    target_probs: Entry
    log_probs: Entry
    nll: Entry
    loss: Entry
    mask: Entry | None = None


def forward(led: Tape, logits: Entry, targets: Entry, mask: Entry | None = None) -> Loss:
    """logits[T V], targets[T], mask[T] -> loss, in nats"""
    with led.scope("output"):
        probs = softmax.forward(led, logits, "probs", r"\hat{Y}", r"m_{\text{out}}", r"\ell_{\text{out}}")  # F1
        target_probs = led.put("target_probs", r"\hat{y}", "T", "pick", probs, targets)  # F2
        log_probs = led.put("log_probs", None, "T", "log", target_probs)  # F3
        nll = led.put("nll", "c", "T", "neg", log_probs)  # F4
    loss = led.put("loss", r"\mathcal{L}", "", "mean", nll) if mask is None else masked_mean(led, nll, mask)  # F5
    return Loss(logits, targets, probs, target_probs, log_probs, nll, loss, mask)


def masked_mean(led: Tape, nll: Entry, mask: Entry) -> Entry:
    """nll[T], mask[T] -> loss: the mean over the positions where the mask is 1"""
    with led.scope("output"):
        kept = led.put("kept", None, "T", "mul", nll, mask)
        total = led.put("total_nll", r"c_{\Sigma}", "", "sum", kept)
        words = led.put("words", "N", "", "sum", mask)
    return led.put("loss", r"\mathcal{L}", "", "div", total, words)


def backward(led: Tape, f: Loss) -> Entry:
    """-> dlogits[T V]

    F5 to F1 folded: dlogits = (probs - one_hot(targets)) / N, with N positions. A mask sets the rows of padding to 0,
    and N counts the others.
    """
    one_hot = led.put("one_hot", "Y", "T V", "one_hot", f.targets)
    difference = led.put("difference", None, "T V", "sub", f.probs, one_hot)
    if f.mask is None:
        positions = led.put("positions", "N", "", "size", f.targets)
    else:
        positions = led.put("positions", "N", "", "sum", f.mask)
        difference = led.put("kept", None, "T V", "mul", difference, f.mask)
    return led.grad(f.logits, "div", difference, positions)


def backward_unfolded(led: Tape, f: Loss, one_hot: Entry, positions: Entry, seed: Entry) -> Entry:
    """-> dlogits[T V], one line of the forward pass at a time: what `backward` folds. `seed` is dloss / dloss = 1."""
    share = led.put("share", None, "", "div", seed, positions)  # F5
    dnll = led.grad(f.nll, "repeat", share)  # F5
    dlog_probs = led.grad(f.log_probs, "neg", dnll)  # F4
    dtarget_probs = led.grad(f.target_probs, "div", dlog_probs, f.target_probs)  # F3
    dprobs = led.grad(f.probs, "mul", one_hot, dtarget_probs)  # F2
    centered = softmax.backward(led, f.probs, dprobs, r"r_{\text{out}}")  # F1
    return led.put("logits", None, "T V", "mul", f.probs, centered)  # F1
