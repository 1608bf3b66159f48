"""The run over the corpus, as pages tell it: `python -m calc train`, no longer than a page can wait for, and the same
run once more without weight decay."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from calc import flat, step, training
from calc.batches import batches
from calc.learner import Learner
from calc.training import Losses

if TYPE_CHECKING:
    from calc.config import Config
    from calc.operations import Array

MOST_STEPS = 400  # that pages wait for


class Course:
    """A run from the drawn parameters to its end.

    `config` is the run's own: with fewer epochs where the configured ones would take more than MOST_STEPS steps.
    `gradient` holds the first step's by parameter, before anything is clipped.
    """

    def __init__(self, config: Config) -> None:
        per_epoch = len(batches(config))
        epochs = max(1, min(config.training.epochs, MOST_STEPS // per_epoch))
        self.shortened = epochs < config.training.epochs
        self.config = _trained(config, epochs=epochs)
        self.steps = epochs * per_epoch
        self._learner = Learner(self.config)
        self.drawn = {name: value.copy() for name, value in self._learner.parameters.items()}

    @cached_property
    def losses(self) -> list[float]:
        """Of each epoch, as its batches were read, each before the step that it led to; nats."""
        return [epoch.losses.mean for epoch in training.epochs(self._learner)]

    @cached_property
    def end(self) -> Losses:
        """With the parameters as the run leaves them."""
        assert self.losses
        return training.evaluate(self._learner)

    @property
    def parameters(self) -> dict[str, Array]:
        """As the run leaves them, by name."""
        assert self.losses
        return self._learner.parameters

    @cached_property
    def gradient(self) -> dict[str, Array]:
        learner = Learner(_trained(self.config, clip=0.0))
        learner.step(learner.epoch[0])
        return flat.views(learner.gradient, flat.places(self.config.model.layers, step.axis_sizes(self.config)))

    @cached_property
    def undecayed(self) -> tuple[list[float], Losses]:
        """The same run with a weight decay of 0: its epochs' losses, and those at its end."""
        plain = self.config.optimizer.model_copy(update={"weight_decay": 0.0})
        learner = Learner(self.config.model_copy(update={"optimizer": plain}))
        losses = [epoch.losses.mean for epoch in training.epochs(learner)]
        return losses, training.evaluate(learner)


def _trained(config: Config, **changed: float) -> Config:
    """The configuration with other keys of [training]."""
    return config.model_copy(update={"training": config.training.model_copy(update=changed)})
