"""The stages of the backward pass in PyTorch: the formulas written out, and below each the same by autograd.

A name that begins with d is the gradient of the loss with respect to what follows: dx has the shape of x.
torch.func.vjp runs a function of torch_forward.py and gives back its vector-Jacobian product. Shares no code with the
engine.
"""

import math

import torch
from torch.nn import functional as F

from verify.torch_forward import (
    attention_at_once,
    embedding_at_once,
    feed_forward_at_once,
    gelu_at_once,
    layer_norm_at_once,
    multi_head,
    output,
    qkv,
    softmax_at_once,
)


def loss_backward(probs, targets):
    one_hot = F.one_hot(targets, probs.shape[-1])
    return (probs - one_hot) / len(targets)


def loss_backward_autograd(logits, targets):
    logits = logits.detach().requires_grad_()
    F.cross_entropy(logits, targets).backward()
    return logits.grad


def loss_backward_unfolded(probs, targets):
    positions = torch.arange(len(targets))
    dnll = torch.full((len(targets),), 1 / len(targets), dtype=probs.dtype)
    dlog_probs = -dnll
    dtarget_probs = dlog_probs / probs[positions, targets]
    dprobs = torch.zeros_like(probs)
    dprobs[positions, targets] = dtarget_probs
    dlogits = softmax_backward(probs, dprobs)
    return dnll, dlog_probs, dtarget_probs, dprobs, dlogits


def softmax_backward(weights, dweights):
    return weights * (dweights - (weights * dweights).sum(-1, keepdim=True))


def softmax_backward_autograd(scores, dweights):
    _, backward = torch.func.vjp(softmax_at_once, scores)
    return backward(dweights)


def softmax_jacobian(weights):
    return torch.diag(weights) - torch.outer(weights, weights)


def softmax_jacobian_autograd(scores):
    return torch.func.jacrev(softmax_at_once)(scores)


def layer_norm_backward(normalized, std, gamma, dout):
    dbeta = dout.sum(0)
    dgamma = (dout * normalized).sum(0)
    g = dout * gamma
    slope = (g * normalized).mean(-1, keepdim=True)
    dx = (g - g.mean(-1, keepdim=True) - normalized * slope) / std
    return dx, dgamma, dbeta


def layer_norm_backward_autograd(x, gamma, beta, eps, dout):
    _, backward = torch.func.vjp(lambda *inputs: layer_norm_at_once(*inputs, eps), x, gamma, beta)
    return backward(dout)


def layer_norm_jacobian(normalized, std):
    width = len(normalized)
    identity = torch.eye(width, dtype=normalized.dtype)
    return (identity - (1 + torch.outer(normalized, normalized)) / width) / std


def layer_norm_jacobian_autograd(x, eps):
    return torch.func.jacrev(lambda row: F.layer_norm(row, row.shape, eps=eps))(x)


def residual_jacobian(x, gamma, beta, eps, w_1, b_1, w_2, b_2):
    def straight_and_branch(x):
        return x + feed_forward_at_once(layer_norm_at_once(x, gamma, beta, eps), w_1, b_1, w_2, b_2)

    return torch.func.jacrev(straight_and_branch)(x)


def output_backward(x, w_out, dlogits):
    dw_out = x.T @ dlogits
    dx = dlogits @ w_out.T
    return dx, dw_out


def output_backward_autograd(x, w_out, dlogits):
    _, backward = torch.func.vjp(output, x, w_out)
    return backward(dlogits)


def gelu_backward(x, dout):
    cdf = torch.erfc(-x / math.sqrt(2)) / 2
    pdf = torch.exp(-(x**2) / 2) / math.sqrt(2 * math.pi)
    return dout * (cdf + x * pdf)


def gelu_backward_autograd(x, dout):
    _, backward = torch.func.vjp(gelu_at_once, x)
    return backward(dout)


def feed_forward_backward(x, hidden, activated, w_1, w_2, dout):
    db_2 = dout.sum(0)
    dw_2 = activated.T @ dout
    dhidden = gelu_backward(hidden, dout @ w_2.T)
    db_1 = dhidden.sum(0)
    dw_1 = x.T @ dhidden
    dx = dhidden @ w_1.T
    return dx, dw_1, db_1, dw_2, db_2


def feed_forward_backward_autograd(x, w_1, b_1, w_2, b_2, dout):
    _, backward = torch.func.vjp(feed_forward_at_once, x, w_1, b_1, w_2, b_2)
    return backward(dout)


def multi_head_backward(joined, w_o, heads, dout):
    dw_o = joined.T @ dout
    djoined = dout @ w_o.T
    dheads = djoined.unflatten(-1, (heads, -1)).transpose(0, 1)
    return dheads, dw_o, djoined


def multi_head_backward_autograd(heads, w_o, dout):
    _, backward = torch.func.vjp(lambda *inputs: multi_head(*inputs)[-1], heads, w_o)
    return backward(dout)


def attention_backward(q_heads, k_heads, v_heads, weights, dheads):
    dv = weights.transpose(-2, -1) @ dheads
    dweights = dheads @ v_heads.transpose(-2, -1)
    dmasked = softmax_backward(weights, dweights)  # a masked weight is 0, and so is its score's gradient
    dscores = dmasked / math.sqrt(q_heads.shape[-1])
    dq = dscores @ k_heads
    dk = dscores.transpose(-2, -1) @ q_heads
    return dq, dk, dv, dweights, dmasked, dscores


def attention_backward_autograd(q_heads, k_heads, v_heads, dheads):
    _, backward = torch.func.vjp(attention_at_once, q_heads, k_heads, v_heads)
    return backward(dheads)


def qkv_backward(x, w_q, w_k, w_v, dq_heads, dk_heads, dv_heads):
    dq, dk, dv = (d.transpose(0, 1).flatten(1) for d in (dq_heads, dk_heads, dv_heads))
    dw_q, dw_k, dw_v = x.T @ dq, x.T @ dk, x.T @ dv
    dx = dq @ w_q.T + dk @ w_k.T + dv @ w_v.T
    return dx, dw_q, dw_k, dw_v, dq, dk, dv


def qkv_backward_autograd(x, w_q, w_k, w_v, dq_heads, dk_heads, dv_heads):
    heads = len(dq_heads)
    _, backward = torch.func.vjp(lambda *inputs: qkv(*inputs, heads)[3:], x, w_q, w_k, w_v)
    return backward((dq_heads, dk_heads, dv_heads))


def embedding_backward(tokens, token_embedding, position_embedding, dout):
    dtokens = torch.zeros_like(token_embedding).index_add(0, tokens, dout)  # a repeated token's rows add up
    dpositions = torch.zeros_like(position_embedding)
    dpositions[: len(dout)] = dout
    return dtokens, dpositions


def embedding_backward_autograd(tokens, token_embedding, position_embedding, dout):
    tables = (token_embedding, position_embedding)
    _, backward = torch.func.vjp(lambda *tables: embedding_at_once(tokens, *tables), *tables)
    return backward(dout)
