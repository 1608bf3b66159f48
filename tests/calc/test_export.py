"""The exported file: every value under its name, the configuration, the same bytes each time, whole or not at all."""

from __future__ import annotations

import io
import time
import zipfile

import numpy as np
import pytest

from calc import export
from calc.step import training_step


@pytest.fixture(scope="module")
def path(led, default, tmp_path_factory):
    path = tmp_path_factory.mktemp("export") / "step.npz"
    export.save(led, default, path)
    return path


def test_every_value_is_there_under_its_name(path, led):
    with np.load(path, allow_pickle=False) as file:
        assert file.files == [entry.name for entry in led] + ["config"]
        for entry in led:
            array = file[entry.name]
            assert (array.shape, array.dtype) == (entry.shape, entry.value.dtype)
            # An exact decimal is written as its nearest float64, a few roundings from what was added up.
            np.testing.assert_allclose(array, entry.value, rtol=1e-13, atol=1e-15)


def test_the_promised_names(path):
    with np.load(path) as file:
        assert file["token_embedding"].shape == (10, 16)
        assert file["layers.0.attention.w_q"].shape == (16, 16)
        assert file["loss"].shape == file["after.loss"].shape == ()
        assert file["logits"].shape == (6, 10)
        assert file["inputs.tokens"].dtype == file["inputs.targets"].dtype == np.int64
        for name in ("token_embedding", "layers.0.ffn.b_1", "w_out"):
            shape = file[name].shape
            assert file[f"grad.{name}"].shape == shape
            assert all(file[f"adamw.{name}.{part}"].shape == shape for part in ("m", "v", "new"))


def test_the_configuration_travels_along(path, default):
    with np.load(path) as file:
        assert (file["config"].shape, file["config"].dtype.kind) == ((), "U")
        assert str(file["config"]) == default.to_json()


def test_two_runs_give_the_same_bytes(path, default, tmp_path, monkeypatch):
    later = time.time() + 86_400
    monkeypatch.setattr(time, "time", lambda: later)
    export.save(training_step(default), default, tmp_path / "again.npz")
    assert (tmp_path / "again.npz").read_bytes() == path.read_bytes()


def test_to_an_open_file(path, led, default):
    file = io.BytesIO()
    export.write(led, default, file)
    assert file.getvalue() == path.read_bytes()
    assert zipfile.ZipFile(file).testzip() is None


class Broken(Exception):
    pass


@pytest.mark.parametrize("before", [None, b"the old file"])
def test_a_failure_leaves_the_old_file_or_none(before, led, default, tmp_path, monkeypatch):
    path = tmp_path / "step.npz"
    if before is not None:
        path.write_bytes(before)
    written = []
    write_array = np.lib.format.write_array

    def break_down(*args, **kwargs):
        written.append(args)
        if len(written) > 20:
            raise Broken
        write_array(*args, **kwargs)

    monkeypatch.setattr(np.lib.format, "write_array", break_down)
    with pytest.raises(Broken):
        export.save(led, default, path)
    assert [p.name for p in tmp_path.iterdir()] == ([] if before is None else ["step.npz"])
    assert before is None or path.read_bytes() == before


def test_an_older_file_is_replaced(path, led, default, tmp_path):
    (tmp_path / "step.npz").write_bytes(b"the old file")
    export.save(led, default, tmp_path / "step.npz")
    assert (tmp_path / "step.npz").read_bytes() == path.read_bytes()
    assert len(list(tmp_path.iterdir())) == 1


def test_a_folder_in_the_way_is_an_os_error_and_leaves_nothing(led, default, tmp_path):
    (tmp_path / "step.npz").mkdir()
    with pytest.raises(OSError, match=r"step\.npz"):
        export.save(led, default, tmp_path / "step.npz")
    assert [p.name for p in tmp_path.iterdir()] == ["step.npz"]
