"""What AdamW makes of two gradients: its second step in closed form, from the gradients of the first step and the
second, and what becomes of it where one of them is nothing or both are of one size.

With bias correction both averages of the second step are weighted means of the two: with g1 and g2 for the gradients,
m_hat = (beta1 g1 + g2) / (1 + beta1) and v_hat = (beta2 g1^2 + g2^2) / (1 + beta2), since
1 - beta^2 = (1 - beta)(1 + beta).
"""

from __future__ import annotations

import numpy as np

from calc.ledger import Entry, Ledger

FAR, POINTS = 3.2, 129  # of the curve: how many times the first gradient the second is, either way
OWN = ("adamw.beta1", "adamw.beta2", "adamw.eps", "adamw.one")


def of(first: Ledger, second: Ledger, parameter: str) -> Ledger:
    """The ledgers of steps 1 and 2, and a parameter's name -> a ledger with that parameter's direction at step 2, made
    of its two gradients, as a curve over the second gradient where the first is 1, and in the limits."""
    led = Ledger({**first.sizes, "R": POINTS})
    with led.stage("inputs"):
        beta1, beta2, eps, one = [led.given(n, first[n].symbol, "", first[n].value) for n in OWN]
        before, now = (ledger[f"grad.{parameter}"] for ledger in (first, second))
        g1 = led.given("gradients.first", "g_1", before.axes, before.value, carried=True)
        g2 = led.given("gradients.second", "g_2", now.axes, now.value, carried=True)
    with led.stage("two"), led.scope("two"):
        shares1 = led.put("shares1", None, "", "add", one, beta1)
        shares2 = led.put("shares2", None, "", "add", one, beta2)
        _closed_form(led, g1, g2, (beta1, shares1), (beta2, shares2), eps)
    with led.stage("curve"), led.scope("curve"):
        unit = led.given("first", "g_1", "R", np.ones(POINTS))
        ratio = led.given("second", "g_2", "R", np.linspace(-FAR, FAR, POINTS))
        _closed_form(led, unit, ratio, (beta1, shares1), (beta2, shares2), eps)
    with led.stage("limits"), led.scope("limits"):
        _limits(led, (beta1, shares1), (beta2, shares2), one)
    return led


Shares = tuple[Entry, Entry]  # what an average keeps of the first gradient, and that with the whole second one


def _closed_form(led: Ledger, g1: Entry, g2: Entry, first: Shares, second: Shares, eps: Entry) -> Entry:
    """g1, g2, with a parameter's axes -> the direction of step 2, with the same axes"""
    (beta1, shares1), (beta2, shares2), axes = first, second, g1.axes
    kept = led.put("kept", None, axes, "mul", beta1, g1)  # F1
    both = led.put("both", None, axes, "add", kept, g2)  # F2
    m_hat = led.put("m_hat", r"\hat{m}", axes, "div", both, shares1)  # F3
    square1 = led.put("square1", None, axes, "square", g1)  # F4
    square2 = led.put("square2", None, axes, "square", g2)  # F5
    kept_square = led.put("kept_square", None, axes, "mul", beta2, square1)  # F6
    squares = led.put("squares", None, axes, "add", kept_square, square2)  # F7
    v_hat = led.put("v_hat", r"\hat{v}", axes, "div", squares, shares2)  # F8
    root = led.put("root", None, axes, "sqrt", v_hat)  # F9
    denominator = led.put("denominator", None, axes, "add", root, eps)  # F10
    return led.put("direction", "u", axes, "div", m_hat, denominator)  # F11


def _limits(led: Ledger, first: Shares, second: Shares, one: Entry) -> None:
    """The direction, epsilon aside and in the sense of the gradient that is named: fresh, of a second gradient with
    none before; faded, of a first gradient with none after, where anything of its square is kept; turned, of a first
    gradient with its opposite after; doubled, of a first gradient with twice as large a one after."""
    (beta1, shares1), (beta2, shares2) = first, second
    led.put("fresh", None, "", "div", led.put("root", None, "", "sqrt", shares2), shares1)
    if beta2.value > 0:
        mean = led.put("mean", None, "", "div", beta1, shares1)
        share = led.put("share", None, "", "div", beta2, shares2)
        led.put("faded", None, "", "div", mean, led.put("size", None, "", "sqrt", share))
    lost = led.put("lost", None, "", "sub", beta1, one)
    led.put("turned", None, "", "div", lost, shares1)
    double = led.put("double", None, "", "add", one, one)
    above = led.put("above", None, "", "div", led.put("twice", None, "", "add", beta1, double), shares1)
    squared = led.put("squared", None, "", "square", double)
    below = led.put("below", None, "", "div", led.put("four", None, "", "add", beta2, squared), shares2)
    led.put("doubled", None, "", "div", above, led.put("doubled_size", None, "", "sqrt", below))
