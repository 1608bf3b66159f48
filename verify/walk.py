"""The stages in PyTorch, one after the other, from the weights and the text of an exported step: forward, backward by
the written-out formulas and by autograd, each from its own results, and AdamW on the exported gradients."""

import json
from types import SimpleNamespace

import numpy as np
import torch

from verify import torch_backward, torch_forward


class Walk:
    """The functions of the two files, called with the step's tensors. `found` keeps what each returned: the function's
    name, the entry's name in the exported file, and the array."""

    def __init__(self, file):
        with np.load(file) as archive:
            self.arrays = dict(archive)
        self.config = json.loads(str(self.arrays["config"]), object_hook=lambda table: SimpleNamespace(**table))
        self.found = []

    def given(self, *names):
        """Inputs of the exported step."""
        tensors = [torch.from_numpy(self.arrays[name]) for name in names]
        return tensors if len(tensors) > 1 else tensors[0]

    def run(self, function, inputs, names, start="", **more):
        """A function's results, kept under these names with `start` in front; a row's own number loses its axis."""
        side = torch_forward if hasattr(torch_forward, function) else torch_backward
        results = getattr(side, function)(*inputs, **more)
        results = results if isinstance(results, tuple | list) else (results,)
        for name, result in zip(names.split(), results, strict=True):
            array = result.detach()
            row = name in ("mean", "variance", "std", "top", "total")
            self.found.append((function, f"{start}{name}", (array.squeeze(-1) if row else array).numpy()))
        return results if len(results) > 1 else results[0]

    def step(self):
        """All of it, in order."""
        m, tokens, targets = self.config.model, *self.given("inputs.tokens", "inputs.targets")
        tables = self.given("token_embedding", "position_embedding")
        x = self.run("embedding", (tokens, *tables), "token_rows position_rows out", "embedding.")[-1]
        self.run("embedding_at_once", (tokens, *tables), "embedding.out")
        blocks = [Block(self, i, "embedding.out" if i == 0 else f"layers.{i - 1}.residual_2") for i in range(m.layers)]
        for block in blocks:
            x = block.forward(x)
        ln_f = Norm(self, "ln_f", f"layers.{m.layers - 1}.residual_2")
        out, w_out = ln_f.forward(x), self.given("w_out")
        logits = self.run("output", (out, w_out), "logits")
        self.run("softmax", (logits,), "top exp total probs", "output.")
        self.run("softmax_at_once", (logits,), "output.probs")
        probs, *_ = self.run("loss", (logits, targets), "output.probs output.target_probs output.nll loss")
        self.run("loss_at_once", (logits, targets), "loss")

        # From here on by hand, and by autograd, each with its own gradients.
        names = "grad.output.nll grad.output.log_probs grad.output.target_probs grad.output.probs unfolded.loss.logits"
        self.run("loss_backward_unfolded", (probs, targets), names)
        hand = self.run("loss_backward", (probs, targets), "grad.logits")
        auto = self.run("loss_backward_autograd", (logits, targets), "grad.logits")
        names = "grad.ln_f.out grad.w_out"
        hand, _ = self.run("output_backward", (out, w_out, hand), names)
        auto, _ = self.run("output_backward_autograd", (out, w_out, auto), names)
        hand, auto = ln_f.backward(hand, auto)
        for block in reversed(blocks):
            hand, auto = block.backward(hand, auto)
        names = "grad.token_embedding grad.position_embedding"
        self.run("embedding_backward", (tokens, *tables, hand), names)
        self.run("embedding_backward_autograd", (tokens, *tables, auto), names)
        self.jacobians(blocks[self.config.worked.layer], ln_f, probs, logits)
        self.update()
        return self.found

    def jacobians(self, block, ln_f, probs, logits):
        """Of the worked rows."""
        w, eps = self.config.worked, self.config.model.ln_eps
        t, h = w.position, w.head
        attention = (block.weights[h, t], block.masked[h, t])
        for name, (weights, scores) in {"probs": (probs[t], logits[t]), "softmax": attention}.items():
            self.run("softmax_jacobian", (weights,), f"unfolded.{name}.jacobian")
            self.run("softmax_jacobian_autograd", (scores,), f"unfolded.{name}.jacobian")
        for name, norm in {"layer_norm": ln_f, "residual.layer_norm": block.ln_2}.items():
            self.run("layer_norm_jacobian", (norm.normalized[t], norm.std[t]), f"unfolded.{name}.jacobian")
            self.run("layer_norm_jacobian_autograd", (norm.x[t], eps), f"unfolded.{name}.jacobian")
        rest = (*block.ln_2.parameters, *block.ffn)
        self.run("residual_jacobian", (block.ln_2.x[t], *rest), "unfolded.residual.jacobian")

    def update(self):
        """AdamW on every parameter. Its gradient is the exported one, so that no rounding of it is magnified."""
        o = self.config.optimizer
        rates = (o.lr, o.beta1, o.beta2, o.eps, o.weight_decay)
        for new in [n for n in self.arrays if n.startswith("adamw.") and n.endswith(".new")]:
            name = new.removeprefix("adamw.").removesuffix(".new")
            tensors = self.given(name, f"grad.{name}", f"adamw.{name}.m_before", f"adamw.{name}.v_before")
            self.run("adamw", (*tensors, 1, *rates), "m v m_hat v_hat direction new", f"adamw.{name}.")
            self.run("adamw_at_once", (*tensors[:2], *rates), "new", f"adamw.{name}.")


class Norm:
    """A layer norm: its input, its name, and what its backward pass needs."""

    def __init__(self, walk, name, source, via=""):
        self.walk, self.name, self.source = walk, name, f"grad.{source}{via}"
        self.parameters = (*walk.given(f"{name}.gamma", f"{name}.beta"), walk.config.model.ln_eps)

    def forward(self, x):
        inputs, self.x = (x, *self.parameters), x
        names = "mean variance std normalized out"
        _, _, self.std, self.normalized, out = self.walk.run("layer_norm", inputs, names, f"{self.name}.")
        self.walk.run("layer_norm_at_once", inputs, "out", f"{self.name}.")
        return out

    def backward(self, hand, auto):
        names = f"{self.source} grad.{self.name}.gamma grad.{self.name}.beta"
        inputs = (self.normalized, self.std, self.parameters[0], hand)
        hand, *_ = self.walk.run("layer_norm_backward", inputs, names)
        auto, *_ = self.walk.run("layer_norm_backward_autograd", (self.x, *self.parameters, auto), names)
        return hand, auto


class Block:
    """A layer of the model."""

    def __init__(self, walk, i, source):
        self.walk, self.name, self.source = walk, f"layers.{i}.", source
        self.heads = walk.config.model.heads
        self.ln_1 = Norm(walk, f"layers.{i}.ln_1", source, ".via.ln_1")
        self.ln_2 = Norm(walk, f"layers.{i}.ln_2", f"layers.{i}.residual_1", ".via.ln_2")
        self.w_qkv = walk.given(*[f"layers.{i}.attention.{w}" for w in ("w_q", "w_k", "w_v")])
        self.w_o = walk.given(f"layers.{i}.attention.w_o")
        self.ffn = walk.given(*[f"layers.{i}.ffn.{w}" for w in ("w_1", "b_1", "w_2", "b_2")])

    def forward(self, x):
        run, at, ffn = self.walk.run, f"{self.name}attention.", f"{self.name}ffn."
        self.normed = self.ln_1.forward(x)
        names = "q k v q_heads k_heads v_heads"
        self.qkv = run("qkv", (self.normed, *self.w_qkv), names, at, heads=self.heads)[3:]
        *_, self.masked, self.weights, self.out = run("attention", self.qkv, "scores scaled masked weights heads", at)
        run("attention_at_once", self.qkv, "heads", at)
        run("softmax", (self.masked,), "top exp total weights", at)
        run("softmax_at_once", (self.masked,), "weights", at)
        self.joined, out = run("multi_head", (self.out, self.w_o), "joined out", at)
        residual = run("residual", (x, out), "residual_1", self.name)
        self.normed_2 = self.ln_2.forward(residual)
        names = "hidden activated out"
        self.hidden, self.activated, out = run("feed_forward", (self.normed_2, *self.ffn), names, ffn)
        run("feed_forward_at_once", (self.normed_2, *self.ffn), "out", ffn)
        run("gelu", (self.hidden,), "cdf activated", ffn)
        run("gelu_at_once", (self.hidden,), "activated", ffn)
        return run("residual", (residual, out), "residual_2", self.name)

    def backward(self, hand, auto):
        run, at, ffn = self.walk.run, f"grad.{self.name}attention.", f"grad.{self.name}ffn."
        w_1, _, w_2, _ = self.ffn
        names = f"grad.{self.name}ln_2.out {ffn}w_1 {ffn}b_1 {ffn}w_2 {ffn}b_2"
        inputs = (self.normed_2, self.hidden, self.activated, w_1, w_2, hand)
        through, *_ = run("feed_forward_backward", inputs, names)
        recorded, *_ = run("feed_forward_backward_autograd", (self.normed_2, *self.ffn, auto), names)
        run("gelu_backward", (self.hidden, hand @ w_2.T), f"{ffn}hidden")
        run("gelu_backward_autograd", (self.hidden, auto @ w_2.T), f"{ffn}hidden")
        hand, auto = self.joins(hand, auto, self.ln_2.backward(through, recorded), f"grad.{self.name}residual_1")

        names = f"{at}heads {at}w_o"
        dheads, *_ = run("multi_head_backward", (self.joined, self.w_o, self.heads, hand), f"{names} {at}joined")
        recorded, *_ = run("multi_head_backward_autograd", (self.out, self.w_o, auto), names)
        names, more = f"{at}q_heads {at}k_heads {at}v_heads", f"{at}weights {at}masked {at}scores"
        *through, dweights, _, _ = run("attention_backward", (*self.qkv, self.weights, dheads), f"{names} {more}")
        run("softmax_backward", (self.weights, dweights), f"{at}masked")
        run("softmax_backward_autograd", (self.masked, dweights), f"{at}masked")
        recorded = run("attention_backward_autograd", (*self.qkv, recorded), names)
        names, more = f"grad.{self.name}ln_1.out {at}w_q {at}w_k {at}w_v", f"{at}q {at}k {at}v"
        through, *_ = run("qkv_backward", (self.normed, *self.w_qkv, *through), f"{names} {more}")
        recorded, *_ = run("qkv_backward_autograd", (self.normed, *self.w_qkv, *recorded), names)
        return self.joins(hand, auto, self.ln_1.backward(through, recorded), f"grad.{self.source}")

    def joins(self, hand, auto, through, name):
        """Where the residual's two ways meet, their gradients add up."""
        return self.walk.run("residual", (hand, through[0]), name), self.walk.run("residual", (auto, through[1]), name)


def walk(file):
    """Every function's results on the step of an exported file: (function, entry, array)."""
    return Walk(file).step()
