// Trains a small network on handwritten digits with LibTorch, PyTorch's C++ interface.
//
//   train [--epochs N] [--learning-rate X] [--hidden N]
//
// Reads   digits.csv      one image a line: 64 pixels from 0 to 16, then the digit
// Writes  metrics.jsonl   one line after every epoch
//         metrics.json    accuracy and loss on the held-out images, after the last epoch
//         model.pt        the weights
// and a checkpoint after every epoch, from which the next try continues.
//
// One thread and a fixed seed: stopped or not, the same arguments give the same model.

#include <torch/torch.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace {

constexpr int64_t k_pixels = 64, k_digits = 10, k_batch = 32;

struct Options {
  int64_t epochs = 20;
  double learning_rate = 0.05;
  int64_t hidden = 64;
};

Options read_options(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; i += 2) {
    const std::string name = argv[i];
    if (i + 1 == argc) throw std::invalid_argument(name + " has no value");
    if (name == "--epochs")
      options.epochs = std::stoll(argv[i + 1]);
    else if (name == "--learning-rate")
      options.learning_rate = std::stod(argv[i + 1]);
    else if (name == "--hidden")
      options.hidden = std::stoll(argv[i + 1]);
    else
      throw std::invalid_argument("unknown option " + name);
  }
  if (options.epochs < 1 || options.hidden < 1 || !(options.learning_rate > 0))
    throw std::invalid_argument("--epochs, --hidden and --learning-rate must be above zero");
  return options;
}

/// The numbers from 0 to n - 1 in an order that depends on the seed alone.
torch::Tensor shuffled(int64_t n, uint64_t seed) {
  return torch::randperm(n, at::detail::createCPUGenerator(seed),
                         torch::TensorOptions().dtype(torch::kLong));
}

struct Examples {
  torch::Tensor pixels, digits;
};

/// To learn from, and a fifth of them apart for the test.
std::pair<Examples, Examples> read_digits(const std::string& file) {
  std::ifstream in(file);
  std::vector<float> numbers;
  for (std::string line; std::getline(in, line);) {
    std::istringstream fields(line);
    for (std::string field; std::getline(fields, field, ',');) numbers.push_back(std::stof(field));
  }
  const auto count = static_cast<int64_t>(numbers.size()) / (k_pixels + 1);
  if (count == 0) throw std::runtime_error("cannot read " + file);
  torch::Tensor table = torch::tensor(numbers).view({count, k_pixels + 1});
  table = table.index_select(0, shuffled(count, 20));
  const auto part = [&](int64_t from, int64_t to) {
    return Examples{table.slice(0, from, to).slice(1, 0, k_pixels) / 16,
                    table.slice(0, from, to).select(1, k_pixels).to(torch::kLong)};
  };
  return {part(count / 5, count), part(0, count / 5)};
}

void train_one_epoch(torch::nn::Sequential& model, torch::optim::SGD& optimizer,
                     const Examples& examples, int64_t epoch) {
  // The order depends on the epoch alone, so a training that continues takes the same one.
  const auto order = shuffled(examples.digits.size(0), static_cast<uint64_t>(epoch));
  for (const torch::Tensor& chosen : order.split(k_batch)) {
    optimizer.zero_grad();
    const auto scores = model->forward(examples.pixels.index_select(0, chosen));
    torch::nn::functional::cross_entropy(scores, examples.digits.index_select(0, chosen))
        .backward();
    optimizer.step();
  }
}

struct Metrics {
  double accuracy, loss;
};

Metrics evaluate(torch::nn::Sequential& model, const Examples& examples) {
  const torch::NoGradGuard no_gradients;
  const auto scores = model->forward(examples.pixels);
  return {scores.argmax(1).eq(examples.digits).to(torch::kFloat).mean().item<double>(),
          torch::nn::functional::cross_entropy(scores, examples.digits).item<double>()};
}

/// The state of a training after an epoch; written whole or not at all.
class Checkpoint {
 public:
  explicit Checkpoint(std::filesystem::path folder) : path_(std::move(folder) / "last.pt") {}

  /// How many epochs are done.
  int64_t load(torch::nn::Sequential& model, torch::optim::SGD& optimizer) const {
    if (!std::filesystem::exists(path_)) return 0;
    torch::serialize::InputArchive archive, weights, steps;
    archive.load_from(path_.string());
    archive.read("model", weights);
    archive.read("optimizer", steps);
    torch::Tensor epoch;
    archive.read("epoch", epoch);
    model->load(weights);
    optimizer.load(steps);
    return epoch.item<int64_t>();
  }

  void save(const torch::nn::Sequential& model, const torch::optim::SGD& optimizer,
            int64_t epoch) const {
    torch::serialize::OutputArchive archive, weights, steps;
    model->save(weights);
    optimizer.save(steps);
    archive.write("model", weights);
    archive.write("optimizer", steps);
    archive.write("epoch", torch::tensor(epoch));
    const std::string unfinished = path_.string() + ".new";
    archive.save_to(unfinished);
    std::filesystem::rename(unfinished, path_);
  }

 private:
  std::filesystem::path path_;
};

std::string as_json(const Metrics& metrics, const std::string& more = {}) {
  std::ostringstream text;
  text << "{" << more << "\"accuracy\": " << metrics.accuracy << ", \"loss\": " << metrics.loss
       << "}\n";
  return text.str();
}

void train(const Options& options) {
  torch::set_num_threads(1);
  torch::manual_seed(20);
  const auto [examples, held_out] = read_digits("digits.csv");
  torch::nn::Sequential model(torch::nn::Linear(k_pixels, options.hidden), torch::nn::ReLU(),
                              torch::nn::Linear(options.hidden, k_digits));
  torch::optim::SGD optimizer(model->parameters(),
                              torch::optim::SGDOptions(options.learning_rate).momentum(0.9));
  const char* folder = std::getenv("TRAINYARD_CHECKPOINTS");
  const Checkpoint checkpoint(folder != nullptr ? folder : ".");
  const int64_t done = checkpoint.load(model, optimizer);
  if (done > 0) std::cout << "continuing after epoch " << done << std::endl;

  std::ofstream log("metrics.jsonl");
  for (int64_t epoch = done + 1; epoch <= options.epochs; ++epoch) {
    train_one_epoch(model, optimizer, examples, epoch);
    const Metrics metrics = evaluate(model, held_out);
    checkpoint.save(model, optimizer, epoch);
    log << as_json(metrics, "\"epoch\": " + std::to_string(epoch) + ", ") << std::flush;
    std::cout << "epoch " << epoch << "/" << options.epochs << "  loss " << metrics.loss
              << "  accuracy " << metrics.accuracy << std::endl;
  }
  std::ofstream("metrics.json") << as_json(evaluate(model, held_out));
  torch::save(model, "model.pt");
}

}  // namespace

int main(int argc, char** argv) {
  try {
    train(read_options(argc, argv));
  } catch (const std::exception& error) {
    std::cerr << "train: " << error.what() << '\n';
    return 1;
  }
}
