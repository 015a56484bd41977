#!/usr/bin/python3
"""Trains a small neural network on the handwritten digits in /data/digits.csv.

Writes metrics.jsonl (a line after every epoch), metrics.json (the last one) and model.npz (weights and
biases of both layers). A fixed seed: the same arguments give the same model.
"""

import argparse
import json

import numpy as np


def read_digits(file):
    """Pixels from 0 to 1 and digits, a fifth of them apart for the test."""
    table = np.loadtxt(file, delimiter=",", dtype=np.float32)
    np.random.default_rng(20).shuffle(table)
    pixels, digits = table[:, :64] / 16, table[:, 64].astype(int)
    fifth = len(table) // 5
    return (pixels[fifth:], digits[fifth:]), (pixels[:fifth], digits[:fifth])


def new_model(hidden, random):
    """Weights and biases of the hidden layer and of the last."""
    def weights(inputs, outputs):
        scale = np.sqrt(6 / inputs)
        return random.uniform(-scale, scale, (inputs, outputs)).astype(np.float32)

    return [weights(64, hidden), np.zeros(hidden, np.float32),
            weights(hidden, 10), np.zeros(10, np.float32)]


def predict(model, pixels):
    """What the hidden layer says, and the probability of each digit."""
    hidden = np.maximum(pixels @ model[0] + model[1], 0)
    scores = hidden @ model[2] + model[3]
    exponentials = np.exp(scores - scores.max(axis=1, keepdims=True))
    return hidden, exponentials / exponentials.sum(axis=1, keepdims=True)


def gradients(model, pixels, digits):
    hidden, error = predict(model, pixels)
    error[np.arange(len(digits)), digits] -= 1
    error /= len(digits)
    hidden_error = (error @ model[2].T) * (hidden > 0)
    return [pixels.T @ hidden_error, hidden_error.sum(axis=0), hidden.T @ error, error.sum(axis=0)]


def train_one_epoch(model, steps, pixels, digits, rate, random, batch=16, momentum=0.9):
    order = random.permutation(len(digits))
    for start in range(0, len(order), batch):
        chosen = order[start:start + batch]
        for i, gradient in enumerate(gradients(model, pixels[chosen], digits[chosen])):
            steps[i] = momentum * steps[i] - rate * gradient
            model[i] += steps[i]


def evaluate(model, pixels, digits):
    _, probabilities = predict(model, pixels)
    right = probabilities[np.arange(len(digits)), digits]
    return {"accuracy": round(float((probabilities.argmax(axis=1) == digits).mean()), 6),
            "loss": round(float(-np.log(np.maximum(right, 1e-12)).mean()), 6)}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--learning-rate", type=float, default=0.02)
    parser.add_argument("--hidden", type=int, default=128)
    options = parser.parse_args()
    if options.epochs < 1 or options.hidden < 1 or not options.learning_rate > 0:
        parser.error("--epochs, --hidden and --learning-rate must be above zero")

    (pixels, digits), held_out = read_digits("/data/digits.csv")
    random = np.random.default_rng(20)
    model = new_model(options.hidden, random)
    steps = [np.zeros_like(values) for values in model]
    with open("metrics.jsonl", "w", encoding="utf-8") as log:
        for epoch in range(1, options.epochs + 1):
            train_one_epoch(model, steps, pixels, digits, options.learning_rate, random)
            metrics = {"epoch": epoch, "epochs": options.epochs, **evaluate(model, *held_out)}
            print(json.dumps(metrics), file=log, flush=True)
            print("epoch {epoch}/{epochs}  loss {loss}  accuracy {accuracy}".format(**metrics), flush=True)

    with open("metrics.json", "w", encoding="utf-8") as file:
        json.dump(metrics, file)
    np.savez("model.npz", *model)


if __name__ == "__main__":
    main()
