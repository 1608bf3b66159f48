"""The step as JAX's users write it: value_and_grad and the update in one jitted function, whose state is donated."""

from __future__ import annotations

import os

os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"  # read at the import

import math
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from calc.config import Config
from calc.later import sentence
from calc.learner import Learner

jax.config.update("jax_enable_x64", True)


def program(config: Config) -> Callable[[], float]:
    """A step on the configured sentence, from our first parameters, which gives the loss before it moves anything."""
    m, o, batch = config.model, config.optimizer, sentence(config)
    tokens, targets = jnp.asarray(batch.tokens), jnp.asarray(batch.targets)
    p = {name: jnp.array(value) for name, value in Learner(config).parameters.items()}
    zeros = jax.tree.map(jnp.zeros_like, p)
    state = [p, zeros, jax.tree.map(jnp.zeros_like, p), jnp.zeros(())]

    def normed(p: Any, x: jax.Array, name: str) -> jax.Array:
        centered = x - x.mean(-1, keepdims=True)
        variance = (centered**2).mean(-1, keepdims=True)
        return centered / jnp.sqrt(variance + m.ln_eps) * p[f"{name}.gamma"] + p[f"{name}.beta"]

    def heads(x: jax.Array, weight: jax.Array) -> jax.Array:
        return (x @ weight).reshape(*x.shape[:-1], m.heads, -1).swapaxes(-3, -2)

    def block(p: Any, x: jax.Array, name: str) -> jax.Array:
        inner = normed(p, x, f"{name}.ln_1")
        q, k, v = (heads(inner, p[f"{name}.attention.{each}"]) for each in ("w_q", "w_k", "w_v"))
        scores = q @ k.swapaxes(-2, -1) / math.sqrt(m.d_model // m.heads)
        seen = jnp.tril(jnp.ones(scores.shape[-2:], bool))
        mixed = jax.nn.softmax(jnp.where(seen, scores, -jnp.inf)) @ v  # jax.nn.dot_product_attention is not in float64
        x = x + mixed.swapaxes(-3, -2).reshape(x.shape) @ p[f"{name}.attention.w_o"]
        hidden = normed(p, x, f"{name}.ln_2") @ p[f"{name}.ffn.w_1"] + p[f"{name}.ffn.b_1"]
        return x + jax.nn.gelu(hidden, approximate=False) @ p[f"{name}.ffn.w_2"] + p[f"{name}.ffn.b_2"]

    def loss_of(p: Any, tokens: jax.Array, targets: jax.Array) -> jax.Array:
        x = p["token_embedding"][tokens] + p["position_embedding"][jnp.arange(tokens.shape[-1])]
        for layer in range(m.layers):
            x = block(p, x, f"layers.{layer}")
        log_probs = jax.nn.log_softmax(normed(p, x, "ln_f") @ p["w_out"])
        return -jnp.take_along_axis(log_probs, targets[..., None], -1).mean()

    def moved(p: Any, first: Any, second: Any, count: jax.Array, tokens: jax.Array, targets: jax.Array) -> Any:
        loss, gradient = jax.value_and_grad(loss_of)(p, tokens, targets)
        count = count + 1
        first = jax.tree.map(lambda m, g: o.beta1 * m + (1 - o.beta1) * g, first, gradient)
        second = jax.tree.map(lambda v, g: o.beta2 * v + (1 - o.beta2) * g * g, second, gradient)
        correction1, correction2 = 1 - o.beta1**count, 1 - o.beta2**count

        def update(p: jax.Array, m: jax.Array, v: jax.Array) -> jax.Array:
            return p * (1 - o.lr * o.weight_decay) - o.lr * (m / correction1) / (jnp.sqrt(v / correction2) + o.eps)

        return jax.tree.map(update, p, first, second), first, second, count, loss

    compiled = jax.jit(moved, donate_argnums=(0, 1, 2, 3))

    def step() -> float:
        *state[:], loss = compiled(*state, tokens, targets)
        return float(loss)

    return step
