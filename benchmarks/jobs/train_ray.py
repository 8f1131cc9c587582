"""The same training by Ray, which starts the workers and starts them again where one dies.

Checked by the tests, never run: nobody here has such machines. ``pip install "ray[train]" torch``.
"""


def train(config):
    """What every worker runs; Ray has joined them before."""
    import torch
    from ray import train as ray_train
    from ray.train.torch import prepare_model

    torch.manual_seed(config["seed"])
    model = prepare_model(torch.nn.Linear(64, 10))  # to its device, and DistributedDataParallel
    sgd = torch.optim.SGD(model.parameters(), config["rate"])
    for _ in range(config["epochs"]):
        loss = model(torch.randn(60, 64)).square().mean()  # put your batches here
        sgd.zero_grad()
        loss.backward()
        sgd.step()
        ray_train.report({"loss": loss.item()})


def main():
    from ray.train import FailureConfig, RunConfig, ScalingConfig
    from ray.train.torch import TorchTrainer

    trainer = TorchTrainer(
        train,
        train_loop_config={"seed": 0, "rate": 0.1, "epochs": 5},
        scaling_config=ScalingConfig(num_workers=32, use_gpu=True),
        run_config=RunConfig(failure_config=FailureConfig(max_failures=3)),
    )
    trainer.fit()


if __name__ == "__main__":
    main()
