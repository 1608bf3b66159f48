"""Embedding: rows of two tables; a repeated token's gradients add up, an unread row has none."""

from __future__ import annotations

import numpy as np

from calc import embedding


def test_each_position_is_its_tokens_row_plus_its_own(board):
    ids, positions, tokens, places = board.ids("T", "V"), board("T", np.arange(7)), board("V D"), board("P D")
    out = embedding.forward(board.led, ids, positions, tokens, places).out.value
    for t in range(7):
        np.testing.assert_array_equal(out[t], tokens.value[ids.value[t]] + places.value[t])


def test_a_repeated_tokens_gradients_add_up(board):
    ids, positions = board("T", np.array([4, 9, 4, 0, 4, 1, 2])), board("T", np.arange(7))
    tokens, places, dout = board("V D"), board("P D"), board("T D")
    f = embedding.forward(board.led, ids, positions, tokens, places)
    found = {name: entry.value for name, entry in embedding.backward(board.led, f, tokens, places, dout).items()}
    np.testing.assert_allclose(found["token_embedding"][4], dout.value[0] + dout.value[2] + dout.value[4], rtol=1e-15)
    np.testing.assert_array_equal(found["token_embedding"][9], dout.value[1])
    np.testing.assert_array_equal(found["position_embedding"][:7], dout.value)
    np.testing.assert_array_equal(found["position_embedding"][7:], 0)
    assert not found["token_embedding"][[3, 5, 6, 7, 8, 10, 11, 12]].any()


def test_in_the_step_the_two_the_add_up_and_dog_has_no_gradient(led):
    rows, table = led["grad.embedding.token_rows"].value, led["grad.token_embedding"]
    ids = led["inputs.tokens"].value
    assert ids[0] == ids[4]
    np.testing.assert_array_equal(table.value[ids[0]], rows[0] + rows[4])
    unread = np.setdiff1d(np.arange(10), ids)
    assert unread.tolist() == [0, 1, 2, 3, 9]  # the special tokens and "dog"
    assert table.zeros[unread].all()
    assert not table.zeros[ids].any()
    assert led["grad.position_embedding"].zeros.any(axis=1).tolist() == [False] * 6 + [True] * 2
