// Trains a small neural network on handwritten digits, in plain C++ and nothing else.
//
//   train [--epochs N] [--learning-rate X] [--hidden N]
//
// Reads   data/digits.csv   one image a line: 64 pixels from 0 to 16, then the digit
// Writes  metrics.jsonl     one line after every epoch
//         metrics.json      accuracy and loss on the held-out images, after the last epoch
//         model.bin         "DIGITS1\n", then in the machine's byte order: inputs, hidden units and
//                           outputs as 32-bit integers; of both layers the weights from each input
//                           in turn and the biases as 32-bit floats
//
// One thread and a fixed seed: the same arguments give the same model.

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <numeric>
#include <random>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

constexpr std::size_t k_pixels = 64, k_digits = 10, k_batch = 16;
constexpr float k_momentum = 0.9F;

struct Options {
  int epochs = 30;
  float learning_rate = 0.02F;
  std::uint32_t hidden = 384;
};

struct Example {
  std::array<float, k_pixels> pixels;
  std::size_t digit;
};

// The engine is the same everywhere; the standard's distributions and std::shuffle are not.
using Random = std::mt19937_64;

float between_minus_one_and_one(Random& random) {
  return static_cast<float>(random() >> 40U) / static_cast<float>(1U << 23U) - 1.0F;
}

void shuffle(std::vector<Example>& examples, Random& random) {
  for (std::size_t i = examples.size(); i > 1; --i)
    std::swap(examples[i - 1], examples[random() % i]);
}

template <typename Value>
void write_bytes(std::ostream& out, const std::vector<Value>& values) {
  out.write(reinterpret_cast<const char*>(values.data()),
            static_cast<std::streamsize>(values.size() * sizeof(Value)));
}

/// Numbers to learn, and how the last step moved them.
struct Parameters {
  explicit Parameters(std::size_t count) : values(count), gradients(count), steps(count) {}
  void descend(float rate) {
    for (std::size_t i = 0; i < values.size(); ++i) {
      steps[i] = k_momentum * steps[i] - rate * gradients[i];
      values[i] += steps[i];
      gradients[i] = 0.0F;
    }
  }
  std::vector<float> values, gradients, steps;
};

/// outputs = weights * inputs + biases, trained by gradient descent with momentum.
/// Weights stand column by column: the inner loops then run over outputs, and the compiler makes
/// vector instructions of them without reordering a sum.
struct Layer {
  Layer(std::size_t in, std::size_t out, Random& random)
      : inputs(in), outputs(out), weights(in * out), biases(out) {
    const float scale = std::sqrt(6.0F / static_cast<float>(in));
    for (float& weight : weights.values) weight = scale * between_minus_one_and_one(random);
  }

  void forward(const float* in, std::vector<float>& out) const {
    out = biases.values;
    for (std::size_t i = 0; i < inputs; ++i) {
      const float* column = &weights.values[i * outputs];
      for (std::size_t o = 0; o < outputs; ++o) out[o] += in[i] * column[o];
    }
  }

  /// Adds to the gradients of this batch.
  void backward(const float* in, const std::vector<float>& out_gradient) {
    for (std::size_t i = 0; i < inputs; ++i) {
      float* column = &weights.gradients[i * outputs];
      for (std::size_t o = 0; o < outputs; ++o) column[o] += in[i] * out_gradient[o];
    }
    for (std::size_t o = 0; o < outputs; ++o) biases.gradients[o] += out_gradient[o];
  }

  float input_gradient(std::size_t input, const std::vector<float>& out_gradient) const {
    const auto column = weights.values.begin() + static_cast<std::ptrdiff_t>(input * outputs);
    return std::inner_product(out_gradient.begin(), out_gradient.end(), column, 0.0F);
  }

  std::size_t inputs, outputs;
  Parameters weights, biases;
};

class Network {
 public:
  Network(std::uint32_t hidden, Random& random)
      : hidden_size_(hidden), first_(k_pixels, hidden, random), last_(hidden, k_digits, random) {}

  /// The probability of each digit.
  const std::vector<float>& predict(const Example& example) {
    first_.forward(example.pixels.data(), hidden_);
    for (float& value : hidden_) value = std::max(value, 0.0F);
    last_.forward(hidden_.data(), probabilities_);
    const float largest = *std::max_element(probabilities_.begin(), probabilities_.end());
    float sum = 0.0F;
    for (float& value : probabilities_) sum += value = std::exp(value - largest);
    for (float& value : probabilities_) value /= sum;
    return probabilities_;
  }

  /// Adds one example to the batch.
  void learn(const Example& example) {
    std::vector<float> gradient = predict(example);
    gradient[example.digit] -= 1.0F;
    last_.backward(hidden_.data(), gradient);
    std::vector<float> hidden_gradient(hidden_.size());
    for (std::size_t h = 0; h < hidden_.size(); ++h)
      hidden_gradient[h] = hidden_[h] > 0.0F ? last_.input_gradient(h, gradient) : 0.0F;
    first_.backward(example.pixels.data(), hidden_gradient);
  }

  void descend(float rate) {
    for (Layer* layer : {&first_, &last_}) {
      layer->weights.descend(rate);
      layer->biases.descend(rate);
    }
  }

  void write(std::ostream& out) const {
    out << "DIGITS1\n";
    write_bytes(out, std::vector<std::uint32_t>{k_pixels, hidden_size_, k_digits});
    for (const Layer* layer : {&first_, &last_}) {
      write_bytes(out, layer->weights.values);
      write_bytes(out, layer->biases.values);
    }
  }

 private:
  std::uint32_t hidden_size_;
  Layer first_, last_;
  std::vector<float> hidden_, probabilities_;
};

template <typename Number>
Number parse_number(std::string_view text, Number least, Number most, const std::string& what) {
  Number value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() ||
      !(value >= least && value <= most))
    throw std::runtime_error(what + ": \"" + std::string(text) + "\" is not a number from " +
                             std::to_string(least) + " to " + std::to_string(most));
  return value;
}

Options parse_options(const std::vector<std::string>& arguments) {
  Options options;
  for (std::size_t i = 0; i < arguments.size(); i += 2) {
    const std::string& name = arguments[i];
    if (name != "--epochs" && name != "--learning-rate" && name != "--hidden")
      throw std::runtime_error("unknown option \"" + name +
                               "\"; there are --epochs N, --learning-rate X and --hidden N");
    if (i + 1 == arguments.size()) throw std::runtime_error(name + " needs a value");
    const std::string& value = arguments[i + 1];
    if (name == "--epochs") options.epochs = parse_number(value, 1, 100000, name);
    if (name == "--hidden") options.hidden = parse_number(value, 1U, 65536U, name);
    if (name == "--learning-rate") options.learning_rate = parse_number(value, 1e-6F, 10.0F, name);
  }
  return options;
}

float next_value(std::istream& line, float most, const std::string& where) {
  float value = -1;
  char comma = 0;
  if (!(line >> value >> comma) || comma != ',' || value < 0 || value > most)
    throw std::runtime_error(where + ": not 64 numbers from 0 to 16 and a digit");
  return value;
}

std::vector<Example> read_examples(const std::string& file) {
  std::ifstream in(file);
  if (!in) throw std::runtime_error("cannot open " + file);
  std::vector<Example> examples;
  for (std::string line; std::getline(in, line);) {
    const std::string where = file + ", line " + std::to_string(examples.size() + 1);
    std::istringstream values(line + ",");
    Example& example = examples.emplace_back();
    for (float& pixel : example.pixels) pixel = next_value(values, 16, where) / 16.0F;
    example.digit = static_cast<std::size_t>(next_value(values, 9, where));
  }
  if (examples.size() < 10) throw std::runtime_error(file + ": too few images");
  return examples;
}

/// The images, and each of them moved by one pixel to every side.
std::vector<Example> with_moved_images(const std::vector<Example>& examples) {
  std::vector<Example> all = examples;
  for (const auto& [across, down] : {std::pair(1, 0), {-1, 0}, {0, 1}, {0, -1}})
    for (const auto& example : examples) {
      Example& moved = all.emplace_back(Example{{}, example.digit});
      for (int y = std::max(0, down); y < std::min(8, 8 + down); ++y)
        for (int x = std::max(0, across); x < std::min(8, 8 + across); ++x)
          moved.pixels[y * 8 + x] = example.pixels[(y - down) * 8 + x - across];
    }
  return all;
}

/// Accuracy and mean loss.
std::pair<double, double> evaluate(Network& network, const std::vector<Example>& examples) {
  double right = 0, loss = 0;
  for (const auto& example : examples) {
    const auto& probabilities = network.predict(example);
    const auto best = std::max_element(probabilities.begin(), probabilities.end());
    right += static_cast<std::size_t>(best - probabilities.begin()) == example.digit;
    loss -= std::log(std::max(probabilities[example.digit], 1e-12F));
  }
  const auto count = static_cast<double>(examples.size());
  return {right / count, loss / count};
}

/// Closed and checked, so that a full disk is an error.
void write_file(const std::string& file, const std::string& content, std::ios::openmode mode) {
  std::ofstream out(file, std::ios::binary | mode);
  out << content;
  out.close();
  if (!out) throw std::runtime_error("cannot write " + file);
}

void train_one_epoch(Network& network, std::vector<Example>& examples, float rate, Random& random) {
  shuffle(examples, random);
  for (std::size_t start = 0; start < examples.size(); start += k_batch) {
    const std::size_t end = std::min(start + k_batch, examples.size());
    for (std::size_t i = start; i < end; ++i) network.learn(examples[i]);
    network.descend(rate / static_cast<float>(end - start));
  }
}

void train(const Options& options) {
  Random random(20);
  std::vector<Example> examples = read_examples("data/digits.csv");
  shuffle(examples, random);
  const auto fifth = static_cast<std::ptrdiff_t>(examples.size() / 5);
  const std::vector<Example> held_out(examples.begin(), examples.begin() + fifth);
  examples = with_moved_images({examples.begin() + fifth, examples.end()});
  std::cout << examples.size() << " images to learn from, " << held_out.size() << " held out\n";

  Network network(options.hidden, random);
  write_file("metrics.jsonl", "", std::ios::trunc);
  for (int epoch = 1; epoch <= options.epochs; ++epoch) {
    train_one_epoch(network, examples, options.learning_rate, random);
    const auto [accuracy, loss] = evaluate(network, held_out);
    if (!std::isfinite(loss)) throw std::runtime_error("it diverges; try a lower --learning-rate");
    const std::string numbers = "\"accuracy\": " + std::to_string(accuracy) +
                                ", \"loss\": " + std::to_string(loss) +
                                ", \"epochs\": " + std::to_string(options.epochs) + "}\n";
    write_file("metrics.jsonl", "{\"epoch\": " + std::to_string(epoch) + ", " + numbers,
               std::ios::app);
    if (epoch == options.epochs) write_file("metrics.json", "{" + numbers, std::ios::trunc);
    std::cout << "epoch " << epoch << "/" << options.epochs << "  loss " << loss << "  accuracy "
              << accuracy << std::endl;
  }

  std::ostringstream model;
  network.write(model);
  write_file("model.bin", model.str(), std::ios::trunc);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    train(parse_options({argv + 1, argv + argc}));
  } catch (const std::exception& error) {
    std::cerr << "train: " << error.what() << "\n";
    return EXIT_FAILURE;
  }
}
