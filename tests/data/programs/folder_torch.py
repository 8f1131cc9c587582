import sys

import torch

import mmref.torch as mt
from mmref.data import folders
from mmref.data.text import Vocabulary
from mmref.seeding import seed_everything

seed_everything(0)
data = folders.load(sys.argv[1], "captions.csv", label="label", split="split")
vocabulary = Vocabulary.build(data.part("train").texts)
readers = (
    folders.Reader(data.part(split), vocabulary, 32, 8, shuffle=split == "train")
    for split in ("train", "validation", "test")
)
train, validation, test = (mt.FolderBatches(reader).loader() for reader in readers)
encoders = {
    "image": mt.ImageEncoder((32, 32), (16, 32), dim=32),
    "text": mt.TextEncoder(len(vocabulary), 32, dim=32, cell="bag"),
}
fusion = mt.ConcatFusion({"image": 32, "text": 32}, 32)
model = mt.FusionClassifier(encoders, fusion, len(data.classes))
optimizer = torch.optim.Adam(model.parameters(), 3e-3)
mt.fit(model, optimizer, train, validation, epochs=20, patience=5, progress=False)
print(f"test accuracy {mt.evaluate(model, test)[1]:.3f}")
