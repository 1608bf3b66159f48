"""The same training step in PyTorch: a small GPT, its loss, loss.backward(), AdamW.

It begins with the weights and the text of an exported step (python -m calc export step.npz), shares no code with the
engine that made them, and computes in float64.
"""

import json
from types import SimpleNamespace

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

ACTIVATIONS = {"gelu": nn.GELU}


class Attention(nn.Module):
    def __init__(self, m):
        super().__init__()
        self.heads = m.heads
        self.w_q = nn.Linear(m.d_model, m.d_model, bias=False)
        self.w_k = nn.Linear(m.d_model, m.d_model, bias=False)
        self.w_v = nn.Linear(m.d_model, m.d_model, bias=False)
        self.w_o = nn.Linear(m.d_model, m.d_model, bias=False)

    def forward(self, x):
        q, k, v = (w(x).unflatten(-1, (self.heads, -1)).transpose(0, 1) for w in (self.w_q, self.w_k, self.w_v))
        heads = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.w_o(heads.transpose(0, 1).flatten(1))


class FeedForward(nn.Module):
    def __init__(self, m):
        super().__init__()
        self.w_1 = nn.Linear(m.d_model, m.d_ff)
        self.activation = ACTIVATIONS[m.activation]()
        self.w_2 = nn.Linear(m.d_ff, m.d_model)

    def forward(self, x):
        return self.w_2(self.activation(self.w_1(x)))


class Block(nn.Module):
    def __init__(self, m):
        super().__init__()
        self.ln_1 = nn.LayerNorm(m.d_model, eps=m.ln_eps)
        self.attention = Attention(m)
        self.ln_2 = nn.LayerNorm(m.d_model, eps=m.ln_eps)
        self.ffn = FeedForward(m)

    def forward(self, x):
        x = x + self.attention(self.ln_1(x))
        return x + self.ffn(self.ln_2(x))


class GPT(nn.Module):
    def __init__(self, m, words):
        super().__init__()
        self.token_embedding = nn.Embedding(words, m.d_model)
        self.position_embedding = nn.Embedding(m.positions, m.d_model)
        self.layers = nn.Sequential(*(Block(m) for _ in range(m.layers)))
        self.ln_f = nn.LayerNorm(m.d_model, eps=m.ln_eps)
        self.w_out = nn.Linear(m.d_model, words, bias=False)

    def forward(self, tokens):
        x = self.token_embedding(tokens) + self.position_embedding(torch.arange(len(tokens)))
        return self.w_out(self.ln_f(self.layers(x)))


def training_step(file):
    """The step of an exported file -> its loss, logits, gradients and new parameters, by the file's names."""
    with np.load(file) as archive:
        arrays = dict(archive)
    config = json.loads(str(arrays["config"]), object_hook=lambda table: SimpleNamespace(**table))
    tokens, targets = torch.from_numpy(arrays["inputs.tokens"]), torch.from_numpy(arrays["inputs.targets"])

    model = GPT(config.model, words=len(arrays["token_embedding"])).double()
    parameters = {exported(name): p for name, p in model.named_parameters()}
    with torch.no_grad():
        for name, p in parameters.items():
            p.copy_(turned(name, torch.from_numpy(arrays[name])))

    o = config.optimizer
    betas = (o.beta1, o.beta2)
    optimizer = torch.optim.AdamW(model.parameters(), lr=o.lr, betas=betas, eps=o.eps, weight_decay=o.weight_decay)

    logits = model(tokens)
    loss = F.cross_entropy(logits, targets)
    loss.backward()
    optimizer.step()
    loss_after = F.cross_entropy(model(tokens), targets)

    found = {"logits": logits, "loss": loss, "after.loss": loss_after}
    found |= {f"grad.{name}": turned(name, p.grad) for name, p in parameters.items()}
    found |= {f"adamw.{name}.new": turned(name, p) for name, p in parameters.items()}
    return {name: tensor.detach().numpy() for name, tensor in found.items()}


def exported(name):
    """The file calls w_1.weight w_1 and w_1.bias b_1, and it calls ln_1.weight ln_1.gamma and ln_1.bias ln_1.beta."""
    module, _, kind = name.rpartition(".")
    if "ln_" in module:
        return f"{module}.gamma" if kind == "weight" else f"{module}.beta"
    return module if kind == "weight" else module.replace("w_", "b_")


def turned(name, matrix):
    """nn.Linear keeps its W transposed (it computes x @ W.T); the file's is the W of x @ W."""
    return matrix.T if "w_" in name else matrix
