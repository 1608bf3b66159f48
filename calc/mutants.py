"""Planted errors: real ones, that people make and that run without complaint, each as an edit of the recorded program
of a step. The layers have no switches for them.

`calc.trials` runs them, computes what each does to the numbers, and asks every check whether it notices.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from calc.program import Program

if TYPE_CHECKING:
    from calc.config import Config

# A configuration of its own: a word that comes twice, three heads, and no two axes of equal length but the positions'
# two names and D = C. That pair is what every model has, and what lets a transpose be forgotten unseen.
SETTINGS: dict[str, dict[str, object]] = {
    "text": {"corpus": ["the dog saw the cat and the cat ran off"], "sentence": "the dog saw the cat and ran"},
    "model": {"d_model": 15, "heads": 3, "layers": 1, "d_ff": 19, "positions": 9},
    "init": {"seed": 5},
}
NORMS = {  # each layer norm with the gradient that its backward pass hands on
    "layers.0.ln_1": "grad.embedding.out.via.ln_1",
    "layers.0.ln_2": "grad.layers.0.residual_1.via.ln_2",
    "ln_f": "grad.layers.0.residual_2",
}
TWICE = ("", "after.")  # the forward pass is run before the step and after it
HEADS, BACK = "layers.0.attention", "backward.layers.0.attention"


def config() -> Config:
    """The configuration in which the errors are planted."""
    from calc.config import from_values

    return from_values(SETTINGS)


class Mutant(NamedTuple):
    """One error. `line` is the entry whose formula goes wrong, `cell` the one whose numbers are shown beside the right
    ones; `right` and `wrong` are the code as people write it."""

    name: str
    title: str
    kind: str  # backward, forward or update
    story: str
    right: str
    wrong: str
    line: str
    plant: Callable[[Program], None]
    shown: str = ""

    @property
    def cell(self) -> str:
        return self.shown or self.line


def weights(p: Program) -> list[str]:
    """The parameters' names."""
    return [line.name for line in p.lines.values() if (line.attrs or {}).get("parameter")]


# --- the backward pass ------------------------------------------------------------------------------------------------


def transposed_weight(p: Program) -> None:
    for one in "qkv":
        rows = f"grad.{HEADS}.{one}" + ("[T C]" if one in "kv" else "")
        p.write(f"grad.layers.0.ln_1.out.via.{one}", "dot", rows, f"{HEADS}.w_{one}[C D]")


def transposed_wide_weight(p: Program) -> None:
    """No mutant, since no numbers come of it: the same slip with a matrix that is not square."""
    p.write("grad.layers.0.ln_2.out", "dot", "grad.layers.0.ffn.hidden", "layers.0.ffn.w_1[F D]")


def sum_for_mean(p: Program) -> None:
    p.write("grad.logits", "copy", "backward.loss.difference")


def layer_norm_means(p: Program) -> None:
    for norm, out in NORMS.items():
        p.write(out, "div", f"grad.{norm}.normalized", f"{norm}.std")


def layer_norm_gain(p: Program) -> None:
    for norm in NORMS:
        p.write(f"grad.{norm}.normalized", "copy", f"grad.{norm}.out")


def softmax_row_sum(p: Program) -> None:
    p.write(f"grad.{HEADS}.masked", "mul", f"{HEADS}.weights", f"grad.{HEADS}.weights")


def scale_in_backward(p: Program) -> None:
    p.write(f"grad.{HEADS}.scores", "copy", f"grad.{HEADS}.scaled")


def repeated_token(p: Program) -> None:
    """`table[ids] = rows` keeps the last row of those with the same id: the others count as zero."""
    ids = p.lines["inputs.tokens"].value
    assert ids is not None
    last = [not np.any(ids[t + 1 :] == ids[t]) for t in range(len(ids))]
    to, rows = "grad.token_embedding", "backward.embedding.last_rows"
    p.give(to, "backward.embedding.last", r"\mathrm{last}", "T", np.array(last))
    p.insert(to, rows, None, "T D", "mul", "grad.embedding.token_rows", "backward.embedding.last")
    p.write(to, "scatter_add", rows, "inputs.tokens")


def residual_dropped(p: Program) -> None:
    p.write("grad.layers.0.residual_1", "copy", NORMS["layers.0.ln_2"])


def query_path_only(p: Program) -> None:
    p.write("grad.layers.0.ln_1.out", "copy", "grad.layers.0.ln_1.out.via.q")


def gelu_slope(p: Program) -> None:
    """The slope of x s(2u), with s(2u) = (1 + tanh u) / 2 and u = sqrt(2 / pi) (x + 0.044715 x^3)."""
    x, to, own = "layers.0.ffn.hidden", "backward.layers.0.ffn.slope", "backward.layers.0.ffn.tanh"
    root = 2 * np.sqrt(2 / np.pi)

    def line(name: str, symbol: str | None, op: str, *operands: str, **attrs: float) -> str:
        p.insert(to, f"{own}.{name}", symbol, "T F", op, *operands, **attrs)
        return f"{own}.{name}"

    p.give(to, f"{own}.one", "1", "", 1)
    bent = line("bent", None, "mul_constant", "backward.layers.0.ffn.squared", constant=0.044715)
    factor = line("factor", None, "add_constant", bent, constant=1.0)
    twice = line("twice_u", None, "mul_constant", line("product", None, "mul", x, factor), constant=root)
    shrunk = line("exp", None, "exp", line("negated", None, "neg", twice))
    raised = line("raised", None, "add_constant", shrunk, constant=1.0)
    share = line("share", r"\tfrac12 (1 + \tanh u)", "div", f"{own}.one", raised)
    steeper = line("steeper", None, "mul_constant", bent, constant=3.0)
    inner = line("inner", None, "mul_constant", line("raised_slope", None, "add_constant", steeper, constant=1.0),
                 constant=root)  # fmt: skip
    fall = line("fall", None, "mul", share, line("rest", None, "mul", share, shrunk))  # s(2u) s(-2u)
    tilt = line("tilt", r"\tfrac12 H (1 - \tanh^2 u)\, u'", "mul", x, line("slope", None, "mul", fall, inner))
    p.write(to, "add", share, tilt)


# --- the forward pass, with a backward pass that agrees with it, as automatic differentiation makes it ----------------


def mask_after_softmax(p: Program) -> None:
    full = r"\operatorname{softmax}(\bar{S})"
    for at in TWICE:
        weights, mask = f"{at}{HEADS}.weights", f"{at}{HEADS}.mask"
        p.write(f"{at}{HEADS}.masked", "copy", f"{at}{HEADS}.scaled")
        p.insert(weights, f"{weights}_full", full, "H T S", "div", f"{at}{HEADS}.exp", f"{at}{HEADS}.total")
        p.write(weights, "mul", f"{weights}_full", mask)
    soft, seen = f"{HEADS}.weights_full", f"{BACK}.seen"
    p.insert(f"{BACK}.product", seen, None, "H T S", "mul", f"grad.{HEADS}.weights", f"{HEADS}.mask")
    p.write(f"{BACK}.product", "mul", soft, seen)
    p.write(f"{BACK}.centered", "sub", seen, f"{BACK}.row_sum")
    p.write(f"grad.{HEADS}.masked", "mul", soft, f"{BACK}.centered")
    p.write(f"grad.{HEADS}.scaled", "copy", f"grad.{HEADS}.masked")
    p.write(f"grad.{HEADS}.scores", "div", f"grad.{HEADS}.scaled", f"{HEADS}.root")


def softmax_axis(p: Program) -> None:
    for at in TWICE:
        start = f"{at}{HEADS}"
        p.write(f"{start}.top", "max", f"{start}.masked", axes="H S")
        p.write(f"{start}.shifted", "sub", f"{start}.masked", f"{start}.top")
        p.write(f"{start}.total", "sum", f"{start}.exp", axes="H S")
        p.write(f"{start}.weights", "div", f"{start}.exp", f"{start}.total")
    p.write(f"{BACK}.row_sum", "sum", f"{BACK}.product", axes="H S")
    p.write(f"{BACK}.centered", "sub", f"grad.{HEADS}.weights", f"{BACK}.row_sum")


def scaled_by_width(p: Program) -> None:
    for at in TWICE:
        p.write(f"{at}{HEADS}.scaled", "div", f"{at}{HEADS}.scores", "constants.head_width")
    p.write(f"grad.{HEADS}.scores", "div", f"grad.{HEADS}.scaled", "constants.head_width")


def variance_less_one(p: Program) -> None:
    p.give("embedding.token_rows", "constants.width_less_one", "D - 1", "", p.sizes["D"] - 1)
    for norm in NORMS:
        for at in TWICE:
            variance = f"{at}{norm}.variance"
            p.insert(variance, f"{variance}_sum", r"\mathrm{SS}", "T", "sum", f"{at}{norm}.squared")
            p.write(variance, "div", f"{variance}_sum", "constants.width_less_one")
        slope = f"backward.{norm}.slope"
        p.insert(slope, f"{slope}_sum", r"\mathrm{SP}", "T", "sum", f"backward.{norm}.product")
        p.write(slope, "div", f"{slope}_sum", "constants.width_less_one")


def layer_norm_epsilon(p: Program) -> None:
    for norm in NORMS:
        for at in TWICE:
            std = f"{at}{norm}.std"
            p.insert(std, f"{std}_bare", None, "T", "sqrt", f"{at}{norm}.variance")
            p.write(std, "add", f"{std}_bare", "constants.ln_eps")
        stretch = f"backward.{norm}.stretch"  # the root's slope has the bare deviation below
        p.insert(stretch, f"{stretch}_row", None, "T D", "div", f"{norm}.centered", f"{norm}.std_bare")
        p.write(stretch, "mul", f"{stretch}_row", f"backward.{norm}.slope")


def targets_not_shifted(p: Program) -> None:
    for at in TWICE:
        p.write(f"{at}output.target_probs", "pick", f"{at}output.probs", "inputs.tokens")
    p.write("backward.loss.one_hot", "one_hot", "inputs.tokens")


# --- the update -------------------------------------------------------------------------------------------------------


def decay_in_gradient(p: Program) -> None:
    for name in weights(p):
        own, pull = f"adamw.{name}", f"adamw.{name}.gradient_with_decay"
        axes = " ".join(p.lines[name].axes)
        p.insert(f"{own}.m_added", f"{own}.decay", None, axes, "mul", "adamw.weight_decay", name)
        p.insert(f"{own}.m_added", pull, None, axes, "add", f"grad.{name}", f"{own}.decay")
        p.write(f"{own}.m_added", "mul", "adamw.one_minus_beta1", pull)
        p.write(f"{own}.squared", "square", pull)
        p.write(f"{own}.kept", "copy", name)


def bias_correction(p: Program) -> None:
    for name in weights(p):
        for moment in "mv":
            p.write(f"adamw.{name}.{moment}_hat", "copy", f"adamw.{name}.{moment}")


def adamw_epsilon(p: Program) -> None:
    for name in weights(p):
        own, axes = f"adamw.{name}", " ".join(p.lines[name].axes)
        p.insert(f"{own}.root", f"{own}.raised", None, axes, "add", f"{own}.v_hat", "adamw.eps")
        p.write(f"{own}.root", "sqrt", f"{own}.raised")
        p.write(f"{own}.denominator", "copy", f"{own}.root")


def decay_of_new_weight(p: Program) -> None:
    for name in weights(p):
        own, axes = f"adamw.{name}", " ".join(p.lines[name].axes)
        p.insert(f"{own}.new", f"{own}.stepped", None, axes, "sub", name, f"{own}.step")
        p.write(f"{own}.new", "mul", f"{own}.stepped", "adamw.keep")


def decay_without_rate(p: Program) -> None:
    p.write("adamw.keep", "sub", "adamw.one", "adamw.weight_decay")


def step_uphill(p: Program) -> None:
    for name in weights(p):
        p.write(f"adamw.{name}.new", "add", f"adamw.{name}.kept", f"adamw.{name}.step")


MUTANTS = (
    Mutant(
        "transposed_weight", "A weight instead of its transpose", "backward",
        "The forward line is copied and the transpose forgotten; these matrices are square, so every shape still fits.",
        "dx = dq @ w_q.T + dk @ w_k.T + dv @ w_v.T", "dx = dq @ w_q + dk @ w_k + dv @ w_v",
        "grad.layers.0.ln_1.out.via.q", transposed_weight,
    ),
    Mutant(
        "sum_for_mean", "The mean's share forgotten", "backward",
        "The loss is printed as a mean over the positions, but what is differentiated is their sum.",
        "dlogits = (probs - one_hot) / N", "dlogits = probs - one_hot",
        "grad.logits", sum_for_mean,
    ),
    Mutant(
        "layer_norm_means", "Layer norm without its mean terms", "backward",
        "Layer norm divides by the deviation, so its gradient is divided by it too, as if mean and deviation were "
        "constants that do not depend on the input.",
        "dx = (g - mean(g) - xhat * mean(g * xhat)) / std", "dx = g / std",
        "grad.layers.0.residual_1.via.ln_2", layer_norm_means,
    ),
    Mutant(
        "layer_norm_gain", "Layer norm without its gain", "backward",
        "The gradient goes through layer norm without the factor of the gain; all gains start at one, so that at first "
        "it makes no difference.",
        "g = dout * gamma", "g = dout",
        "grad.layers.0.ln_1.normalized", layer_norm_gain,
    ),
    Mutant(
        "softmax_row_sum", "Softmax as if each weight had its own score", "backward",
        "Softmax is differentiated as if it took each number by itself, without the sum that stands for the other "
        "scores of the row.",
        "dscores = weights * (dweights - sum(weights * dweights))", "dscores = weights * dweights",
        f"grad.{HEADS}.masked", softmax_row_sum,
    ),
    Mutant(
        "scale_in_backward", "The scale of the scores forgotten on the way back", "backward",
        "The forward pass divides the scores by a root; the backward pass, written on another day, does not.",
        "dscores = dscaled / sqrt(d_k)", "dscores = dscaled",
        f"grad.{HEADS}.scores", scale_in_backward,
    ),
    Mutant(
        "repeated_token", "Overwriting where a token repeats", "backward",
        "Rows are assigned where they have to be added: of a word that comes twice, the last place alone counts. In "
        "the formula, last is one there and zero at the places before.",
        "np.add.at(d_embedding, ids, dx)", "d_embedding[ids] = dx",
        "grad.token_embedding", repeated_token,
    ),
    Mutant(
        "residual_dropped", "A residual's gradient dropped", "backward",
        "The gradient is sent back through the feed-forward layer, and the straight way beside it is forgotten.",
        "dx = dout + dx_through_layer", "dx = dx_through_layer",
        "grad.layers.0.residual_1", residual_dropped,
    ),
    Mutant(
        "query_path_only", "One of three paths into the input", "backward",
        "Queries, keys and values are made of the same input; the gradient that comes back by the queries overwrites, "
        "or is never joined by, the other two.",
        "dx = dx_q + dx_k + dx_v", "dx = dx_q",
        "grad.layers.0.ln_1.out", query_path_only,
    ),
    Mutant(
        "gelu_slope", "The slope of another GELU", "backward",
        "The forward pass has the exact GELU, with the error function; the slope is copied from an implementation of "
        "its approximation. That one uses tanh, a curve from minus one to one, and takes it of u, which is a cubic of "
        "x; du is the slope of u, u′ in the formula.",
        "slope = cdf(x) + x * pdf(x)", "slope = (1 + tanh(u)) / 2 + x * (1 - tanh(u) ** 2) / 2 * du",
        "backward.layers.0.ffn.slope", gelu_slope,
    ),
    Mutant(
        "mask_after_softmax", "The mask after softmax", "forward",
        "Later words are struck out when softmax has already shared the weight among them, so they keep a part of it "
        "from the others.",
        "weights = softmax(where(mask, scores, -inf))", "weights = softmax(scores) * mask",
        f"{HEADS}.weights", mask_after_softmax,
    ),
    Mutant(
        "softmax_axis", "Softmax over the wrong axis", "forward",
        "The axis is counted wrong: the weights of one key sum to one over the queries, not those of one query over "
        "the keys.",
        "weights = softmax(scores, axis=-1)", "weights = softmax(scores, axis=-2)",
        f"{HEADS}.total", softmax_axis, f"{HEADS}.weights",
    ),
    Mutant(
        "scaled_by_width", "Scores over the width, not its root", "forward",
        "The root in the formula is overlooked, and attention becomes flatter than it should be.",
        "scaled = scores / sqrt(d_k)", "scaled = scores / d_k",
        f"{HEADS}.scaled", scaled_by_width,
    ),
    Mutant(
        "variance_less_one", "The variance of a sample", "forward",
        "A library's standard deviation divides by one less than the number of features, as statistics does for a "
        "sample; layer norm divides by their number. SS is the sum of their squared deviations.",
        "var = ((x - mean) ** 2).sum() / D", "var = x.var(ddof=1)",
        "layers.0.ln_1.variance", variance_less_one,
    ),
    Mutant(
        "layer_norm_epsilon", "Layer norm's epsilon outside the root", "forward",
        "Epsilon is added to the deviation and not to the variance.",
        "std = sqrt(var + eps)", "std = sqrt(var) + eps",
        "layers.0.ln_1.std", layer_norm_epsilon,
    ),
    Mutant(
        "targets_not_shifted", "Targets not shifted", "forward",
        "The words themselves are given as the right answers, not the words that follow them: the model learns to "
        "repeat its input.",
        "loss = cross_entropy(logits[:-1], tokens[1:])", "loss = cross_entropy(logits, tokens)",
        "output.target_probs", targets_not_shifted,
    ),
    Mutant(
        "decay_in_gradient", "L2 regularization for decoupled decay", "update",
        "The decay is added to the gradient, as it was done before AdamW, and Adam's division takes its size away: "
        "where it outweighs the gradient it becomes a whole step, elsewhere hardly anything is left of it.",
        "w = w * (1 - lr * decay) - lr * adam(grad)", "w = w - lr * adam(grad + decay * w)",
        "adamw.w_out.m", decay_in_gradient, "adamw.w_out.new",
    ),
    Mutant(
        "bias_correction", "Bias correction forgotten", "update",
        "The two averages are used as they are, although both started at zero.",
        "m_hat, v_hat = m / (1 - beta1 ** t), v / (1 - beta2 ** t)", "m_hat, v_hat = m, v",
        "adamw.w_out.m_hat", bias_correction, "adamw.w_out.step",
    ),
    Mutant(
        "adamw_epsilon", "AdamW's epsilon inside the root", "update",
        "Epsilon is added before the root is taken, so it shortens the step of every gradient that is not well above "
        "epsilon's root, and not only of those near epsilon itself.",
        "step = lr * m_hat / (sqrt(v_hat) + eps)", "step = lr * m_hat / sqrt(v_hat + eps)",
        "adamw.w_out.direction", adamw_epsilon,
    ),
    Mutant(
        "decay_of_new_weight", "Decay of the new weight", "update",
        "The step is taken first and the decay is applied to what comes of it.",
        "w = w * (1 - lr * decay) - step", "w = (w - step) * (1 - lr * decay)",
        "adamw.w_out.new", decay_of_new_weight,
    ),
    Mutant(
        "decay_without_rate", "Decay without the learning rate", "update",
        "In the paper that proposed AdamW the decay is a rate of its own, in the libraries it is a multiple of the "
        "learning rate; the number of the one is put into the formula of the other.",
        "w = w * (1 - lr * decay) - step", "w = w * (1 - decay) - step",
        "adamw.w_out.new", decay_without_rate,
    ),
    Mutant(
        "step_uphill", "The wrong sign", "update",
        "The step is added where it has to be taken away.",
        "w = w * (1 - lr * decay) - step", "w = w * (1 - lr * decay) + step",
        "adamw.w_out.new", step_uphill,
    ),
)  # fmt: skip
