#!/usr/bin/python3
"""Fits y to x in data.csv with XGBoost. Put your own model here.

Reads data.csv (x,y a line); writes metrics.jsonl (a line after every round), metrics.json and model.json, and a
checkpoint after every tenth round, from which the next try continues.
"""

import argparse
import json
import os

import numpy
import xgboost

CHECKPOINT = os.path.join(os.environ["TRAINYARD_CHECKPOINTS"], "last.json")


class Checkpoints(xgboost.callback.TrainingCallback):
    """A line of metrics after every round, and a checkpoint after every tenth."""

    def __init__(self, log):
        super().__init__()
        self.log = log

    def after_iteration(self, model, epoch, evals_log):
        rounds = model.num_boosted_rounds()
        error = evals_log["train"]["rmse"][-1]
        print(json.dumps({"step": rounds, "error": error}), file=self.log, flush=True)
        if rounds % 10 == 0:
            print(f"step {rounds}  error {error:.4f}", flush=True)
            model.save_model(CHECKPOINT + ".new.json")
            os.replace(CHECKPOINT + ".new.json", CHECKPOINT)  # whole, or not at all
        return False


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, required=True)
    parser.add_argument("--learning-rate", type=float, required=True)
    options = parser.parse_args()

    table = numpy.loadtxt("data.csv", delimiter=",")
    data = xgboost.DMatrix(table[:, :1], label=table[:, 1])
    settings = {"eta": options.learning_rate, "max_depth": 2, "objective": "reg:squarederror", "eval_metric": "rmse",
                "seed": 1, "nthread": 1}
    before = xgboost.Booster(model_file=CHECKPOINT) if os.path.exists(CHECKPOINT) else None
    done = before.num_boosted_rounds() if before else 0
    with open("metrics.jsonl", "w", encoding="utf-8") as log:
        model = xgboost.train(settings, data, options.rounds - done, evals=[(data, "train")], verbose_eval=False,
                              xgb_model=before, callbacks=[Checkpoints(log)])
    error = float(model.eval(data).split(":")[-1])
    with open("metrics.json", "w", encoding="utf-8") as file:
        json.dump({"error": round(error, 6)}, file)
    model.save_model("model.json")


if __name__ == "__main__":
    main()
