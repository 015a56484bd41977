#!/usr/bin/python3
"""Trains a small network on the handwritten digits in digits.csv, with PyTorch.

Writes model.pt and metrics.json; events/ for TensorBoard as it trains; a checkpoint after every epoch, from which
the next try continues. A fixed seed and one thread: stopped or not, the same arguments give the same model.
"""

import argparse
import json
import os
import shutil

import numpy
import torch
from torch import nn

import events

CHECKPOINTS = os.environ["TRAINYARD_CHECKPOINTS"]
LAST = os.path.join(CHECKPOINTS, "last.pt")


def read_digits(file):
    """Pixels from 0 to 1 and digits, a fifth of them apart for the test."""
    table = torch.from_numpy(numpy.loadtxt(file, delimiter=",", dtype=numpy.float32))
    table = table[torch.randperm(len(table), generator=torch.Generator().manual_seed(20))]
    pixels, digits = table[:, :64] / 16, table[:, 64].long()
    fifth = len(table) // 5
    return (pixels[fifth:], digits[fifth:]), (pixels[:fifth], digits[:fifth])


def train_one_epoch(model, optimizer, pixels, digits, epoch, batch=32):
    # The order depends on the epoch alone, so a training that continues takes the same one.
    order = torch.randperm(len(digits), generator=torch.Generator().manual_seed(epoch))
    for chosen in order.split(batch):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(pixels[chosen]), digits[chosen]).backward()
        optimizer.step()


def evaluate(model, pixels, digits):
    with torch.no_grad():
        scores = model(pixels)
    return {"accuracy": round((scores.argmax(dim=1) == digits).float().mean().item(), 6),
            "loss": round(nn.functional.cross_entropy(scores, digits).item(), 6)}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--learning-rate", type=float, default=0.05)
    parser.add_argument("--hidden", type=int, default=64)
    options = parser.parse_args()
    if options.epochs < 1 or options.hidden < 1 or not options.learning_rate > 0:
        parser.error("--epochs, --hidden and --learning-rate must be above zero")

    torch.set_num_threads(1)
    torch.manual_seed(20)
    (pixels, digits), held_out = read_digits("digits.csv")
    model = nn.Sequential(nn.Linear(64, options.hidden), nn.ReLU(), nn.Linear(options.hidden, 10))
    optimizer = torch.optim.SGD(model.parameters(), lr=options.learning_rate, momentum=0.9)
    done = 0
    if os.path.exists(LAST):
        state = torch.load(LAST)
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        done = state["epoch"]
        print(f"continuing after epoch {done}", flush=True)
        shutil.copytree(os.path.join(CHECKPOINTS, "events"), "events")

    log = events.Writer("events")
    for epoch in range(done + 1, options.epochs + 1):
        train_one_epoch(model, optimizer, pixels, digits, epoch)
        metrics = evaluate(model, *held_out)
        for tag, value in metrics.items():
            log.scalar(tag, value, epoch)
        shutil.copytree("events", os.path.join(CHECKPOINTS, "events"), dirs_exist_ok=True)
        torch.save({"model": model.state_dict(), "optimizer": optimizer.state_dict(), "epoch": epoch}, LAST + ".new")
        os.replace(LAST + ".new", LAST)  # whole, or not at all
        print(f"epoch {epoch}/{options.epochs}  loss {metrics['loss']}  accuracy {metrics['accuracy']}", flush=True)

    with open("metrics.json", "w", encoding="utf-8") as file:
        json.dump(evaluate(model, *held_out), file)
    torch.save(model.state_dict(), "model.pt")


if __name__ == "__main__":
    main()
