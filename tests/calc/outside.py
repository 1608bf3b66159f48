"""The third witness: a training step from outside the engine, sharing no code with calc/.

The forward pass is written once more from the papers, HIPS autograd differentiates it, and autograd's Adam, with the
decay applied outside, makes the step. It reads a step's arrays by the names that an export promises.
"""

from __future__ import annotations

import json
import math

import autograd.numpy as anp
import numpy as np
from autograd import value_and_grad
from autograd.extend import defvjp, primitive
from autograd.misc.optimizers import adam

FLOOR = 1e-12

erf = primitive(np.vectorize(math.erf, otypes=[float]))
defvjp(erf, lambda ans, x: lambda g: g * 2 / math.sqrt(math.pi) * anp.exp(-x * x))


def layer_norm(x, gamma, beta, eps):
    centered = x - anp.mean(x, axis=1, keepdims=True)
    variance = anp.sum(centered * centered, axis=1, keepdims=True) / x.shape[1]
    return gamma * centered / anp.sqrt(variance + eps) + beta


def forward(p, tokens, targets, heads, layers, eps):
    """The mean loss, and the logits."""
    length = len(tokens)
    x = p["token_embedding"][tokens] + p["position_embedding"][:length]
    for i in range(layers):
        w = {name.removeprefix(f"layers.{i}."): p[name] for name in p if name.startswith(f"layers.{i}.")}
        h = layer_norm(x, w["ln_1.gamma"], w["ln_1.beta"], eps)
        q, k, v = h @ w["attention.w_q"], h @ w["attention.w_k"], h @ w["attention.w_v"]
        width, outs = q.shape[1] // heads, []
        for n in range(heads):
            part = slice(n * width, (n + 1) * width)
            scores = q[:, part] @ k[:, part].T / math.sqrt(width)
            scores = anp.where(np.tril(np.ones((length, length))) > 0, scores, -1e30)
            weights = anp.exp(scores - anp.max(scores, axis=1, keepdims=True))
            weights = weights / anp.sum(weights, axis=1, keepdims=True)
            outs.append(weights @ v[:, part])
        x = x + anp.concatenate(outs, axis=1) @ w["attention.w_o"]
        h = layer_norm(x, w["ln_2.gamma"], w["ln_2.beta"], eps)
        u = h @ w["ffn.w_1"] + w["ffn.b_1"]
        x = x + (0.5 * u * (1 + erf(u / math.sqrt(2)))) @ w["ffn.w_2"] + w["ffn.b_2"]
    logits = layer_norm(x, p["ln_f.gamma"], p["ln_f.beta"], eps) @ p["w_out"]
    top = anp.max(logits, axis=1, keepdims=True)
    log_total = anp.log(anp.sum(anp.exp(logits - top), axis=1)) + top[:, 0]
    return anp.mean(log_total - logits[np.arange(length), targets]), logits


def run(p, arrays, config):
    """The loss and the logits with the parameters `p`, on the arrays' text."""
    m, ids = config["model"], (arrays["inputs.tokens"], arrays["inputs.targets"])
    return forward(p, *ids, heads=m["heads"], layers=m["layers"], eps=m["ln_eps"])


def differentiate(arrays, config):
    """The loss, the logits and every parameter's gradient at the arrays' parameters."""
    p = {name: arrays[name] for name in parameters(config["model"]["layers"])}
    loss, gradients = value_and_grad(lambda p: run(p, arrays, config)[0])(p)
    return loss, run(p, arrays, config)[1], gradients


def parameters(layers):
    """Their names, as the export promises them."""
    per_layer = [f"{norm}.{name}" for norm in ("ln_1", "ln_2") for name in ("gamma", "beta")]
    per_layer += [f"attention.w_{name}" for name in "qkvo"] + [f"ffn.{name}" for name in ("w_1", "b_1", "w_2", "b_2")]
    names = ["token_embedding", "position_embedding", "ln_f.gamma", "ln_f.beta", "w_out"]
    return names + [f"layers.{i}.{name}" for i in range(layers) for name in per_layer]


def read(path):
    """What an outside reader finds in an export: its arrays and its configuration."""
    with np.load(path, allow_pickle=False) as file:
        arrays = {name: file[name] for name in file.files}
    return arrays, json.loads(str(arrays.pop("config")))


def relative(got, true):
    """The largest difference, to the array's largest entry with a floor; absolute for what `got` has as zero
    throughout."""
    got, true = np.asarray(got), np.asarray(true)
    assert got.shape == true.shape
    difference = np.abs(got - true).max()
    return float(difference / max(np.abs(true).max(), FLOOR)) if got.any() else float(difference)


class AdamW:
    """Adam by autograd; at each of its steps the weights shrink by lr * decay (Loshchilov and Hutter, 2019)."""

    def __init__(self, start, gradient, rates, steps):
        self.weights, self.path, self.before = np.array(start), [], None
        self.shrink = 1 - rates["lr"] * rates["weight_decay"]
        betas = {"b1": rates["beta1"], "b2": rates["beta2"]}

        def asked(x, i):
            self.follow(x)
            return gradient(self.weights, i)

        end = adam(asked, np.zeros_like(start), num_iters=steps, step_size=rates["lr"], eps=rates["eps"], **betas)
        self.follow(end)

    def follow(self, x):
        """Adam's own variable has moved to x: the weights make the same step, and decay."""
        if self.before is not None:
            self.weights = self.weights * self.shrink + (x - self.before)
            self.path.append(self.weights)
        self.before = x
