"""A GAN in Keras, on the backend of the process."""

import numpy as np
import pytest

from mmref.data.adversarial import AdversarialBatches, ring

pytestmark = pytest.mark.each_backend


def test_a_keras_gan_trains_on_this_backend():
    keras = pytest.importorskip("keras")
    from mmref.keras.gan import GAN

    dense = keras.layers.Dense
    gan = GAN(keras.Sequential([dense(2)]), keras.Sequential([dense(1)]), r1=1.0)
    gan.compile()
    history = gan.fit(AdversarialBatches(ring(16), None, 3, 8), 2, verbose=0).history
    assert len(history["g_loss"]) == 2 and np.isfinite(history["g_loss"]).all()
