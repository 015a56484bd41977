#!/usr/bin/python3
"""Fits y to x in data.csv with gradient boosted trees. Put your own model here.

Reads data.csv (x,y a line); writes metrics.jsonl (a line after every stage), metrics.json and model.joblib.
scikit-learn's estimators fit in one call, so there are no checkpoints.
"""

import argparse
import json

import joblib
import numpy
from sklearn.ensemble import GradientBoostingRegressor
from sklearn.metrics import mean_squared_error


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--stages", type=int, required=True)
    parser.add_argument("--learning-rate", type=float, required=True)
    options = parser.parse_args()

    table = numpy.loadtxt("data.csv", delimiter=",")
    x, y = table[:, :1], table[:, 1]
    model = GradientBoostingRegressor(n_estimators=options.stages, learning_rate=options.learning_rate, max_depth=2,
                                      random_state=1)
    model.fit(x, y)
    errors = [mean_squared_error(y, predicted) ** 0.5 for predicted in model.staged_predict(x)]
    with open("metrics.jsonl", "w", encoding="utf-8") as log:
        for stage, error in enumerate(errors, start=1):
            print(json.dumps({"step": stage, "error": error}), file=log)
    with open("metrics.json", "w", encoding="utf-8") as file:
        json.dump({"error": round(errors[-1], 6)}, file)
    joblib.dump(model, "model.joblib")


if __name__ == "__main__":
    main()
