"""The two-input classifier in Keras, as the chapter on folders shows it."""

import mmref.keras  # noqa: F401, I001 - first: it keeps TensorFlow quiet
import keras
from keras import layers


def two_input(size, vocabulary, classes, channels=64, width=64):
    image = keras.Input((size, size, 3), name="image")
    text = keras.Input((None,), dtype="int64", name="text")
    maps = layers.Conv2D(channels, 3, activation="relu", name="conv")(image)
    maps = layers.Flatten()(layers.MaxPooling2D(2)(maps))
    vectors = layers.Embedding(vocabulary, width, mask_zero=True, name="embedding")(text)
    state = layers.LSTM(width, name="lstm")(vectors)  # (B, H): of the last valid step
    joined = layers.Concatenate()([maps, state])
    logits = layers.Dense(classes, name="dense")(joined)  # (B, K)
    return keras.Model({"image": image, "text": text}, logits)
