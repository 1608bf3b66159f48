"""The same training step in PyTorch, as one would write it: a small GPT, its loss, loss.backward(), AdamW.

It begins with the weights and the text of an exported step (`python -m calc export step.npz`) and shares no code with
the engine. float64 throughout.
"""

import json

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F


class Attention(nn.Module):
    def __init__(self, d_model, heads):
        super().__init__()
        self.heads = heads
        self.w_q, self.w_k, self.w_v, self.w_o = (nn.Linear(d_model, d_model, bias=False) for _ in range(4))

    def forward(self, x):
        q, k, v = (w(x).unflatten(-1, (self.heads, -1)).transpose(0, 1) for w in (self.w_q, self.w_k, self.w_v))
        heads = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.w_o(heads.transpose(0, 1).flatten(1))


class FeedForward(nn.Module):
    def __init__(self, d_model, d_ff, activation):
        super().__init__()
        self.w_1, self.activation, self.w_2 = nn.Linear(d_model, d_ff), activation, nn.Linear(d_ff, d_model)

    def forward(self, x):
        return self.w_2(self.activation(self.w_1(x)))


class Block(nn.Module):
    def __init__(self, d_model, heads, d_ff, activation, eps):
        super().__init__()
        self.ln_1, self.attention = nn.LayerNorm(d_model, eps=eps), Attention(d_model, heads)
        self.ln_2, self.ffn = nn.LayerNorm(d_model, eps=eps), FeedForward(d_model, d_ff, activation)

    def forward(self, x):
        x = x + self.attention(self.ln_1(x))
        return x + self.ffn(self.ln_2(x))


class GPT(nn.Module):
    def __init__(self, words, positions, layers, d_model, heads, d_ff, activation, ln_eps):
        super().__init__()
        self.token_embedding, self.position_embedding = nn.Embedding(words, d_model), nn.Embedding(positions, d_model)
        self.layers = nn.ModuleList(Block(d_model, heads, d_ff, ACTIVATIONS[activation], ln_eps) for _ in range(layers))
        self.ln_f = nn.LayerNorm(d_model, eps=ln_eps)
        self.w_out = nn.Linear(d_model, words, bias=False)

    def forward(self, tokens):
        x = self.token_embedding(tokens) + self.position_embedding(torch.arange(len(tokens)))
        for layer in self.layers:
            x = layer(x)
        return self.w_out(self.ln_f(x))


ACTIVATIONS = {"gelu": nn.GELU()}


def exported_name(name):
    """`ln_1.weight` is exported as `ln_1.gamma`, `w_1.weight` as `w_1`, `w_1.bias` as `b_1`."""
    module, _, kind = name.rpartition(".")
    if ".ln_" in f".{module}":
        return module + {"weight": ".gamma", "bias": ".beta"}[kind]
    return module if kind == "weight" else module.replace("w_", "b_")


def turned(name, matrix):
    """nn.Linear computes x @ W.T, so it keeps the transpose of the W that is exported for x @ W."""
    return matrix.T if "w_" in name else matrix


def training_step(file):
    """Everything that the step computes, by the names of the export."""
    arrays = np.load(file)
    config = json.loads(str(arrays["config"]))
    model = GPT(words=len(arrays["token_embedding"]), **config["model"]).double()
    parameters = {exported_name(name): p for name, p in model.named_parameters()}
    with torch.no_grad():
        for name, p in parameters.items():
            p.copy_(turned(name, torch.from_numpy(arrays[name])))
    tokens, targets = torch.from_numpy(arrays["inputs.tokens"]), torch.from_numpy(arrays["inputs.targets"])
    o = config["optimizer"]
    optimizer = torch.optim.AdamW(
        model.parameters(), lr=o["lr"], betas=(o["beta1"], o["beta2"]), eps=o["eps"], weight_decay=o["weight_decay"]
    )

    logits = model(tokens)
    loss = F.cross_entropy(logits, targets)
    loss.backward()
    optimizer.step()
    logits_after = model(tokens)
    loss_after = F.cross_entropy(logits_after, targets)

    found = {"logits": logits, "loss": loss, "after.logits": logits_after, "after.loss": loss_after}
    found |= {f"grad.{name}": turned(name, p.grad) for name, p in parameters.items()}
    found |= {f"adamw.{name}.new": turned(name, p) for name, p in parameters.items()}
    return {name: tensor.detach().numpy() for name, tensor in found.items()}
