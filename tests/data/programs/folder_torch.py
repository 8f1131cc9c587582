import sys

import torch

from mmref.data import folders
from mmref.data.text import Vocabulary
from mmref.seeding import seed_everything
from mmref.torch import ConcatFusion, FolderBatches, FusionClassifier, ImageEncoder, TextEncoder

seed_everything(0)
data = folders.load(sys.argv[1], "captions.csv", label="label", split="split")
train, test = data.part("train"), data.part("test")
vocabulary = Vocabulary.build(train.texts)
batches = FolderBatches(folders.Reader(train, vocabulary, 32, 8, shuffle=True)).loader()
encoders = {
    "image": ImageEncoder((32, 32), (16, 32), dim=32),
    "text": TextEncoder(len(vocabulary), 32, dim=32, cell="bag"),
}
fusion = ConcatFusion({"image": 32, "text": 32}, 32)
model = FusionClassifier(encoders, fusion, len(data.classes))
optimizer = torch.optim.Adam(model.parameters(), 3e-3)
for _ in range(20):
    for inputs, labels in batches:
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(model(inputs), labels).backward()
        optimizer.step()
model.eval()
right = [model(x).argmax(1) == y for x, y in FolderBatches(folders.Reader(test, vocabulary, 32))]
print(f"test accuracy {torch.cat(right).float().mean():.3f}")
