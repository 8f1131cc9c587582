import sys

import keras

from mmref.data import folders
from mmref.data.text import Vocabulary
from mmref.keras import ConcatFusion, FolderBatches, FusionClassifier, ImageEncoder, TextEncoder
from mmref.seeding import seed_everything

seed_everything(0)
data = folders.load(sys.argv[1], "captions.csv", label="label", split="split")
vocabulary = Vocabulary.build(data.part("train").texts)
train, validation, test = (
    FolderBatches(folders.Reader(data.part(split), vocabulary, 32, 8, shuffle=split == "train"))
    for split in ("train", "validation", "test")
)
encoders = {
    "image": ImageEncoder((32, 32), (16, 32), dim=32),
    "text": TextEncoder(len(vocabulary), 32, dim=32, cell="bag"),
}
fusion = ConcatFusion({"image": 32, "text": 32}, 32)
model = FusionClassifier(encoders, fusion, len(data.classes))
loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
model.compile(keras.optimizers.Adam(3e-3), loss, metrics=["accuracy"])
stop = keras.callbacks.EarlyStopping(patience=5, restore_best_weights=True)
model.fit(train, validation_data=validation, epochs=20, callbacks=[stop], shuffle=False, verbose=0)
print(f"test accuracy {model.evaluate(test, verbose=0)[1]:.3f}")
