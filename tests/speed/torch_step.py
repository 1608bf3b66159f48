"""The step as PyTorch's users write it: eager, with torch.optim.AdamW."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch.nn import functional as F

from calc.config import Config
from calc.later import sentence
from calc.learner import Learner


def default(config: Config) -> Callable[[], float]:
    return program(config, fused=False)


def fused(config: Config) -> Callable[[], float]:
    return program(config, fused=True)


def program(config: Config, fused: bool) -> Callable[[], float]:
    """A step on the configured sentence, from our first parameters, which gives the loss before it moves anything."""
    torch.set_num_threads(1)
    m, o, batch = config.model, config.optimizer, sentence(config)
    p = {name: torch.tensor(value, requires_grad=True) for name, value in Learner(config).parameters.items()}
    tokens, targets = torch.tensor(batch.tokens), torch.tensor(batch.targets)
    positions = torch.arange(tokens.shape[1])
    chosen = {"fused": True} if fused else {}
    optimizer = torch.optim.AdamW(
        p.values(), lr=o.lr, betas=(o.beta1, o.beta2), eps=o.eps, weight_decay=o.weight_decay, **chosen
    )

    def normed(x: torch.Tensor, name: str) -> torch.Tensor:
        return F.layer_norm(x, (m.d_model,), p[f"{name}.gamma"], p[f"{name}.beta"], m.ln_eps)

    def heads(x: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
        return (x @ weight).unflatten(-1, (m.heads, -1)).transpose(-3, -2)

    def block(x: torch.Tensor, name: str) -> torch.Tensor:
        inner = normed(x, f"{name}.ln_1")
        q, k, v = (heads(inner, p[f"{name}.attention.{each}"]) for each in ("w_q", "w_k", "w_v"))
        mixed = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        x = x + mixed.transpose(-3, -2).flatten(-2) @ p[f"{name}.attention.w_o"]
        hidden = F.gelu(normed(x, f"{name}.ln_2") @ p[f"{name}.ffn.w_1"] + p[f"{name}.ffn.b_1"])
        return x + hidden @ p[f"{name}.ffn.w_2"] + p[f"{name}.ffn.b_2"]

    def step() -> float:
        x = p["token_embedding"][tokens] + p["position_embedding"][positions]
        for layer in range(m.layers):
            x = block(x, f"layers.{layer}")
        logits = normed(x, "ln_f") @ p["w_out"]
        loss = F.cross_entropy(logits.flatten(0, 1), targets.flatten())
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        return loss.item()

    return step
