#!/usr/bin/python3
"""Fits y to x in data.csv with a small network. Put your own model here.

Reads data.csv (x,y a line); writes metrics.jsonl (a line after every epoch), metrics.json and model.pt, and a
checkpoint after every hundredth epoch, from which the next try continues.
"""

import argparse
import json
import os

import numpy
import torch
from torch import nn

CHECKPOINT = os.path.join(os.environ["TRAINYARD_CHECKPOINTS"], "last.pt")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, required=True)
    parser.add_argument("--learning-rate", type=float, required=True)
    options = parser.parse_args()

    torch.manual_seed(1)
    table = torch.from_numpy(numpy.loadtxt("data.csv", delimiter=",", dtype=numpy.float32))
    x, y = table[:, :1], table[:, 1:]
    model = nn.Sequential(nn.Linear(1, 16), nn.Tanh(), nn.Linear(16, 1))
    optimizer = torch.optim.Adam(model.parameters(), lr=options.learning_rate)
    done = 0
    if os.path.exists(CHECKPOINT):
        state = torch.load(CHECKPOINT)
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        done = state["epoch"]

    with open("metrics.jsonl", "w", encoding="utf-8") as log:
        for epoch in range(done + 1, options.epochs + 1):
            optimizer.zero_grad()
            loss = nn.functional.mse_loss(model(x), y)
            loss.backward()
            optimizer.step()
            print(json.dumps({"epoch": epoch, "error": loss.item() ** 0.5}), file=log, flush=True)
            if epoch % 100 == 0:
                print(f"epoch {epoch}/{options.epochs}  error {loss.item() ** 0.5:.4f}", flush=True)
                torch.save({"model": model.state_dict(), "optimizer": optimizer.state_dict(), "epoch": epoch},
                           CHECKPOINT + ".new")
                os.replace(CHECKPOINT + ".new", CHECKPOINT)  # whole, or not at all

    with torch.no_grad():
        error = nn.functional.mse_loss(model(x), y).item() ** 0.5
    with open("metrics.json", "w", encoding="utf-8") as file:
        json.dump({"error": round(error, 6)}, file)
    torch.save(model.state_dict(), "model.pt")


if __name__ == "__main__":
    main()
