"""The parameters: their order, their first values, and that another sentence or size of text does not redraw them."""

from __future__ import annotations

import numpy as np

from calc import parameters, step


def drawn(config, **changes):
    init = config.init.model_dump() | changes
    sizes = step.axis_sizes(config)
    return parameters.draw(config.model.layers, sizes, init["seed"], init["spread"], init["decimals"])


def test_the_order_is_the_models(prime):
    names = [parameter.name for parameter, _ in parameters.layout(2)]
    block = ["ln_1.gamma", "ln_1.beta", *(f"attention.w_{x}" for x in "qkvo"), "ln_2.gamma", "ln_2.beta"]
    block += ["ffn.w_1", "ffn.b_1", "ffn.w_2", "ffn.b_2"]
    layers = [f"layers.{i}.{name}" for i in (0, 1) for name in block]
    assert names == ["token_embedding", "position_embedding", *layers, "ln_f.gamma", "ln_f.beta", "w_out"]
    assert list(drawn(prime)) == names


def test_gains_are_one_biases_zero_and_the_rest_drawn_from_one_generator(prime):
    generator = np.random.default_rng(prime.init.seed)
    for name, value in drawn(prime).items():
        last = name.rpartition(".")[2]
        if last == "gamma":
            assert (value == 1).all()
        elif last in ("beta", "b_1", "b_2"):
            assert (value == 0).all()
        else:
            np.testing.assert_array_equal(value, np.round(generator.normal(0, 0.2, value.shape), 2))


def test_weights_are_two_decimals_and_no_zero_is_negative(default):
    for name, value in drawn(default).items():
        assert all(len(repr(float(cell)).split(".")[1]) <= 2 for cell in value.ravel()), name
        assert not (np.signbit(value) & (value == 0)).any(), name


def test_the_spread_and_the_seed_do_what_they_say(default):
    matrices = {name: value for name, value in drawn(default, spread=0.5).items() if value.ndim == 2}
    values = np.concatenate([value.ravel() for value in matrices.values()])
    assert abs(values.std() - 0.5) < 0.03
    assert abs(values.mean()) < 0.03
    assert (drawn(default, seed=1)["w_out"] != drawn(default, seed=2)["w_out"]).any()
    np.testing.assert_array_equal(drawn(default)["w_out"], drawn(default)["w_out"])


def test_another_sentence_does_not_redraw_the_weights(configured, led):
    other = step.training_step(configured({"text.sentence": "cat"}))
    for parameter, _ in parameters.layout(1):
        np.testing.assert_array_equal(other[parameter.name].value, led[parameter.name].value)


def test_a_group_holds_what_is_right_below_a_name(led):
    entries = {p.name: led[p.name] for p, _ in parameters.layout(1)}
    found = parameters.group(entries, "layers.0.ffn")
    assert vars(found) == {name: led[f"layers.0.ffn.{name}"] for name in ("w_1", "b_1", "w_2", "b_2")}
    assert not vars(parameters.group(entries, "layers.0"))
