"""The same training in PyTorch: padded batches, cross-entropy over the words alone, clipping, AdamW, and a schedule.

It begins with first weights and a configuration in one file, reads the corpus by itself, shares no code with the engine
that drew the weights, and computes in float64.
"""

import json
from types import SimpleNamespace

import numpy as np
import torch
from torch.nn import functional as F
from torch.nn.utils import clip_grad_norm_, get_total_norm
from torch.nn.utils.rnn import pad_sequence
from torch.optim.lr_scheduler import ConstantLR, CosineAnnealingLR, LinearLR, SequentialLR

SPECIAL = ("<pad>", "<bos>", "<eos>", "<unk>")
PADDED = -100  # the target of padding, which cross_entropy leaves out


def training(file):
    """A file's run, step after step: the loss, the norm of the gradient that AdamW gets, and what AdamW leaves, each
    parameter as .new and its averages as .m and .v."""
    with np.load(file) as archive:
        arrays = dict(archive)
    config = json.loads(str(arrays.pop("config")), object_hook=lambda table: SimpleNamespace(**table))
    weights = {name: torch.nn.Parameter(torch.from_numpy(array)) for name, array in arrays.items()}
    o, epoch = config.optimizer, batches(config)
    optimizer = torch.optim.AdamW(
        weights.values(), lr=o.lr, betas=(o.beta1, o.beta2), eps=o.eps, weight_decay=o.weight_decay
    )
    rates = schedule(optimizer, config.training, config.training.epochs * len(epoch))
    for _ in range(config.training.epochs):
        for tokens, targets in epoch:
            optimizer.zero_grad()
            logits = model(weights, config.model, tokens)
            loss = F.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=PADDED)
            loss.backward()
            if config.training.clip:
                clip_grad_norm_(weights.values(), config.training.clip)
            optimizer.step()
            rates.step()
            found = {"loss": loss, "gradient's norm": get_total_norm(p.grad for p in weights.values())}
            for name, p in weights.items():
                state = optimizer.state[p]
                found |= {f"{name}.new": p, f"{name}.m": state["exp_avg"], f"{name}.v": state["exp_avg_sq"]}
            yield {name: tensor.detach().numpy() for name, tensor in found.items()}


def batches(config):
    """One epoch: tokens and targets [B T] of so many sentences, which are read in pieces where they are too long."""
    words = dict.fromkeys(word for sentence in config.text.corpus for word in sentence.split())
    ids = {word: i for i, word in enumerate([*SPECIAL, *words])}
    rows = []
    for sentence in config.text.corpus:
        read = torch.tensor([ids[word] for word in [*sentence.split(), "<eos>"]])
        rows += zip(*[part.split(config.model.positions) for part in (read[:-1], read[1:])], strict=True)
    size = config.training.batch
    groups = [zip(*rows[i : i + size], strict=True) for i in range(0, len(rows), size)]
    return [
        (
            pad_sequence(tokens, batch_first=True, padding_value=ids["<pad>"]),
            pad_sequence(targets, batch_first=True, padding_value=PADDED),
        )
        for tokens, targets in groups
    ]


def model(w, m, tokens):
    """tokens[B T] -> logits[B T V]"""
    x = F.embedding(tokens, w["token_embedding"]) + w["position_embedding"][: tokens.shape[1]]
    for i in range(m.layers):
        layer = {name.removeprefix(f"layers.{i}."): p for name, p in w.items() if name.startswith(f"layers.{i}.")}
        x = x + attention(layer, m, norm(layer, "ln_1", x, m.ln_eps))
        x = x + feed_forward(layer, norm(layer, "ln_2", x, m.ln_eps))
    return norm(w, "ln_f", x, m.ln_eps) @ w["w_out"]


def norm(w, name, x, eps):
    gamma, beta = w[f"{name}.gamma"], w[f"{name}.beta"]
    return F.layer_norm(x, gamma.shape, gamma, beta, eps)


def attention(w, m, x):
    q, k, v = (
        (x @ w[f"attention.{name}"]).unflatten(-1, (m.heads, -1)).transpose(1, 2) for name in ("w_q", "w_k", "w_v")
    )
    heads = F.scaled_dot_product_attention(q, k, v, is_causal=True)
    return heads.transpose(1, 2).flatten(2) @ w["attention.w_o"]


def feed_forward(w, x):
    return F.gelu(x @ w["ffn.w_1"] + w["ffn.b_1"]) @ w["ffn.w_2"] + w["ffn.b_2"]


def schedule(optimizer, training, steps):
    """The learning rates: up in a line, then constant, or half a cosine down to 0."""
    warmup = training.warmup
    after = (
        CosineAnnealingLR(optimizer, T_max=steps - warmup)
        if training.schedule == "cosine"
        else ConstantLR(optimizer, factor=1.0)
    )
    if not warmup:
        return after
    up = LinearLR(optimizer, start_factor=1 / warmup, total_iters=warmup - 1)
    return SequentialLR(optimizer, [up, after], milestones=[warmup])
