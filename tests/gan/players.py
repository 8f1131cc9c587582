"""Players so small that a test can watch what they do, in either framework."""

import importlib


def layer(name, call, start=()):
    """A layer of either framework that calls ``call(self, *inputs)``; it may hold ``factors``."""
    if name == "torch":
        import torch

        class Layer(torch.nn.Module):
            def __init__(self):
                super().__init__()
                self.factors = torch.nn.Parameter(torch.tensor(start, dtype=torch.float32))

            def forward(self, *inputs):
                return call(self, *inputs)
    else:
        import keras

        class Layer(keras.layers.Layer):
            def __init__(self):
                super().__init__()
                start_of = keras.initializers.Constant(start)
                self.factors = self.add_weight((len(start),), start_of)
                self.built = True

            def call(self, *inputs, training=None):
                self.training = training
                return call(self, *inputs)

    return Layer()


def summed(x):
    """Over the two columns; no framework's own sum is that of both."""
    return x[:, 0] + x[:, 1]


def gan_of(name, models, **options):
    return importlib.import_module(f"mmref.{name}.gan").GAN(*models, **options)


def fit(name, gan, batches):
    """An epoch; in Keras step by step, so that the networks' code sees numbers."""
    if name == "torch":
        return gan.fit(batches, 1, progress=False)
    gan.compile(run_eagerly=True)
    return gan.fit(batches, 1, verbose=0).history
