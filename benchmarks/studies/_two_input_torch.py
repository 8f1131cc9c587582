"""The two-input classifier in PyTorch, as the chapter on folders shows it."""

import torch
from torch import nn


class TwoInput(nn.Module):
    def __init__(self, size, vocabulary, classes, channels=64, width=64):
        super().__init__()
        side = (size - 2) // 2  # after the convolution and the pool
        self.conv = nn.Conv2d(3, channels, 3)
        self.embedding = nn.Embedding(vocabulary, width)
        self.lstm = nn.LSTM(width, width, batch_first=True)
        self.dense = nn.Linear(channels * side * side + width, classes)

    def forward(self, inputs):
        maps = torch.max_pool2d(torch.relu(self.conv(inputs["image"])), 2)
        states, _ = self.lstm(self.embedding(inputs["text"]))  # (B, T, H)
        last = (inputs["text"] != 0).sum(dim=1) - 1  # (B,)
        text = states[torch.arange(len(last)), last]  # (B, H)
        return self.dense(torch.cat([maps.flatten(1), text], dim=1))  # (B, K)


def start_as_keras(model):
    for layer in (model.conv, model.dense):
        nn.init.xavier_uniform_(layer.weight)
        nn.init.zeros_(layer.bias)
    nn.init.uniform_(model.embedding.weight, -0.05, 0.05)
    nn.init.xavier_uniform_(model.lstm.weight_ih_l0)
    nn.init.orthogonal_(model.lstm.weight_hh_l0)
    H = model.lstm.hidden_size
    for bias in (model.lstm.bias_ih_l0, model.lstm.bias_hh_l0):
        nn.init.zeros_(bias)
    nn.init.ones_(model.lstm.bias_ih_l0[H : 2 * H])  # the forget gate's
    return model
