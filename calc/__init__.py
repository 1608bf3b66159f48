"""One training step of a small GPT, computed one elementary operation at a time.

Axes, one letter each, everywhere:

    V  vocabulary            D  width of the model
    P  position table        H  head
    T  position (as query)   K  width of one head
    S  position (as key)     C  all heads side by side, H * K
    B  batch, in front       F  width of the feed-forward layer

S', D', V' and C' are the second index of a Jacobian. Row vectors, so a layer is `x @ W`. Losses are means over
positions, in nats.

Reading order: operations, ledger, then the layers in the order of the model (embedding, layer_norm, qkv, softmax,
attention, multi_head, gelu, feed_forward, output, loss), then model, adamw and step, which put them together.
"""
