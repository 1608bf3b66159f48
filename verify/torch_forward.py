"""The stages of the forward pass, and AdamW, as one writes them in PyTorch.

Each function that ends in `_at_once` is PyTorch's own call for what the function above it does step by step. Tensors
have the axes of the engine: a row for each position T (S as key), heads H in front. Shares no code with the engine.
"""

import math

import torch
from torch.nn import functional as F


def embedding(tokens, token_embedding, position_embedding):
    token_rows = token_embedding[tokens]
    position_rows = position_embedding[torch.arange(len(tokens))]
    out = token_rows + position_rows
    return token_rows, position_rows, out


def embedding_at_once(tokens, token_embedding, position_embedding):
    positions = torch.arange(len(tokens))
    return F.embedding(tokens, token_embedding) + F.embedding(positions, position_embedding)


def layer_norm(x, gamma, beta, eps):
    mean = x.mean(-1, keepdim=True)
    variance = x.var(-1, keepdim=True, correction=0)  # divided by D, not by D - 1
    std = (variance + eps).sqrt()
    normalized = (x - mean) / std
    out = normalized * gamma + beta
    return mean, variance, std, normalized, out


def layer_norm_at_once(x, gamma, beta, eps):
    return F.layer_norm(x, gamma.shape, gamma, beta, eps)


def qkv(x, w_q, w_k, w_v, heads):
    q, k, v = x @ w_q, x @ w_k, x @ w_v
    q_heads = q.unflatten(-1, (heads, -1)).transpose(0, 1)
    k_heads = k.unflatten(-1, (heads, -1)).transpose(0, 1)
    v_heads = v.unflatten(-1, (heads, -1)).transpose(0, 1)
    return q, k, v, q_heads, k_heads, v_heads


def softmax(scores):
    top = scores.amax(-1, keepdim=True)
    exp = (scores - top).exp()
    total = exp.sum(-1, keepdim=True)
    weights = exp / total
    return top, exp, total, weights


def softmax_at_once(scores):
    return scores.softmax(-1)


def attention(q_heads, k_heads, v_heads):
    scores = q_heads @ k_heads.transpose(-2, -1)
    scaled = scores / math.sqrt(q_heads.shape[-1])
    later = torch.ones(scores.shape[-2:], dtype=torch.bool).triu(1)  # keys after the query
    masked = scaled.masked_fill(later, -torch.inf)
    weights = masked.softmax(-1)
    heads = weights @ v_heads
    return scores, scaled, masked, weights, heads


def attention_at_once(q_heads, k_heads, v_heads):
    return F.scaled_dot_product_attention(q_heads, k_heads, v_heads, is_causal=True)


def multi_head(heads, w_o):
    joined = heads.transpose(0, 1).flatten(1)
    out = joined @ w_o
    return joined, out


def residual(x, out):
    return x + out


def gelu(x):
    cdf = torch.erfc(-x / math.sqrt(2)) / 2
    activated = x * cdf
    return cdf, activated


def gelu_at_once(x):
    return F.gelu(x)


def feed_forward(x, w_1, b_1, w_2, b_2):
    hidden = x @ w_1 + b_1
    activated = F.gelu(hidden)
    out = activated @ w_2 + b_2
    return hidden, activated, out


def feed_forward_at_once(x, w_1, b_1, w_2, b_2):
    return F.linear(F.gelu(F.linear(x, w_1.T, b_1)), w_2.T, b_2)  # F.linear(x, a) is x @ a.T


def output(x, w_out):
    return x @ w_out


def loss(logits, targets):
    probs = logits.softmax(-1)
    target_probs = probs[torch.arange(len(targets)), targets]
    nll = -target_probs.log()
    mean = nll.mean()
    return probs, target_probs, nll, mean


def loss_at_once(logits, targets):
    return F.cross_entropy(logits, targets)


def adamw(p, grad, m, v, t, lr, beta1, beta2, eps, weight_decay):
    m = beta1 * m + (1 - beta1) * grad
    v = beta2 * v + (1 - beta2) * grad**2
    m_hat = m / (1 - beta1**t)
    v_hat = v / (1 - beta2**t)
    direction = m_hat / (v_hat.sqrt() + eps)
    new = p * (1 - lr * weight_decay) - lr * direction
    return m, v, m_hat, v_hat, direction, new


def adamw_at_once(p, grad, lr, beta1, beta2, eps, weight_decay):
    p = torch.nn.Parameter(p.clone())
    p.grad = grad
    torch.optim.AdamW([p], lr=lr, betas=(beta1, beta2), eps=eps, weight_decay=weight_decay).step()
    return p.detach()
