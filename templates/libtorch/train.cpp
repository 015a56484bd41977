// Fits y to x in data.csv with a small network, by LibTorch. Put your own model here.
//
//   train --epochs N --learning-rate X
//
// Reads data.csv (x,y a line); writes metrics.jsonl (a line after every epoch), metrics.json and model.pt, and a
// checkpoint after every hundredth epoch, from which the next try continues.

#include <torch/torch.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace nn = torch::nn;

static std::pair<torch::Tensor, torch::Tensor> read_points(const std::string& file) {
  std::ifstream in(file);
  std::vector<float> xs, ys;
  char comma = 0;
  for (float x = 0, y = 0; in >> x >> comma >> y;) {
    xs.push_back(x);
    ys.push_back(y);
  }
  if (!in.eof() || xs.empty()) throw std::runtime_error("cannot read " + file + " to its end");
  return {torch::tensor(xs).unsqueeze(1), torch::tensor(ys).unsqueeze(1)};
}

/// How many epochs are done.
static int load(const std::string& file, nn::Sequential& model, torch::optim::Adam& optimizer) {
  if (!std::filesystem::exists(file)) return 0;
  torch::serialize::InputArchive archive, weights, steps;
  archive.load_from(file);
  archive.read("model", weights);
  archive.read("optimizer", steps);
  torch::Tensor epoch;
  archive.read("epoch", epoch);
  model->load(weights);
  optimizer.load(steps);
  return epoch.item<int>();
}

/// Whole, or not at all.
static void save(const std::string& file, const nn::Sequential& model, const torch::optim::Adam& optimizer, int epoch) {
  torch::serialize::OutputArchive archive, weights, steps;
  model->save(weights);
  optimizer.save(steps);
  archive.write("model", weights);
  archive.write("optimizer", steps);
  archive.write("epoch", torch::tensor(epoch));
  archive.save_to(file + ".new");
  std::filesystem::rename(file + ".new", file);
}

static void train(int epochs, double learning_rate) {
  torch::manual_seed(1);
  const auto [x, y] = read_points("data.csv");
  nn::Sequential model(nn::Linear(1, 16), nn::Tanh(), nn::Linear(16, 1));
  torch::optim::Adam optimizer(model->parameters(), torch::optim::AdamOptions(learning_rate));
  const char* folder = std::getenv("TRAINYARD_CHECKPOINTS");
  const std::string checkpoint = std::string(folder != nullptr ? folder : ".") + "/last.pt";

  std::ofstream log("metrics.jsonl");
  double error = 0;
  for (int epoch = load(checkpoint, model, optimizer) + 1; epoch <= epochs; ++epoch) {
    optimizer.zero_grad();
    const torch::Tensor loss = torch::mse_loss(model->forward(x), y);
    loss.backward();
    optimizer.step();
    error = std::sqrt(loss.item<double>());
    log << "{\"epoch\": " << epoch << ", \"error\": " << error << "}" << std::endl;
    if (epoch % 100 != 0) continue;
    std::cout << "epoch " << epoch << "/" << epochs << "  error " << error << std::endl;
    save(checkpoint, model, optimizer, epoch);
  }
  error = std::sqrt(torch::mse_loss(model->forward(x), y).item<double>());
  std::ofstream("metrics.json") << "{\"error\": " << error << "}\n";
  torch::save(model, "model.pt");
}

int main(int argc, char** argv) {
  try {
    if (argc != 5 || std::string(argv[1]) != "--epochs" || std::string(argv[3]) != "--learning-rate")
      throw std::invalid_argument("usage: train --epochs N --learning-rate X");
    train(std::stoi(argv[2]), std::stod(argv[4]));
  } catch (const std::exception& error) {
    std::cerr << "train: " << error.what() << '\n';
    return 1;
  }
}
