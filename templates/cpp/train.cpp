// Fits y = a + b x + c x² to data.csv by gradient descent. Put your own model here.
//
// Reads data.csv (x,y a line); writes metrics.jsonl (a line after every epoch), metrics.json and
// model.csv.

#include <array>
#include <cmath>
#include <fstream>
#include <iostream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

using Points = std::vector<std::pair<double, double>>;
using Model = std::array<double, 3>;

static Points read_points(const std::string& file) {
  std::ifstream in(file);
  Points points;
  char comma = 0;
  for (double x = 0, y = 0; in >> x >> comma >> y;) points.emplace_back(x, y);
  if (!in.eof() || points.empty()) throw std::runtime_error("cannot read " + file + " to its end");
  return points;
}

static double predict(const Model& model, double x) {
  return model[0] + model[1] * x + model[2] * x * x;
}

/// The root of the mean square of what the model is off by.
static double error_of(const Model& model, const Points& points) {
  double sum = 0;
  for (const auto& [x, y] : points) sum += std::pow(predict(model, x) - y, 2);
  return std::sqrt(sum / static_cast<double>(points.size()));
}

static void learn(Model& model, const Points& points, double learning_rate) {
  Model gradient{};
  for (const auto& [x, y] : points) {
    const double off = predict(model, x) - y;
    for (int power = 0; power < 3; ++power) gradient[power] += 2 * off * std::pow(x, power);
  }
  for (int power = 0; power < 3; ++power)
    model[power] -= learning_rate * gradient[power] / static_cast<double>(points.size());
}

static void write(const std::string& file, const std::string& text, std::ios::openmode mode) {
  std::ofstream out(file, mode);
  out << text << std::flush;
  if (!out) throw std::runtime_error("cannot write " + file);
}

int main(int argc, char** argv) try {
  int epochs = 200;
  double learning_rate = 0.1;
  for (int i = 1; i + 1 < argc; i += 2) {
    if (argv[i] == std::string("--epochs")) epochs = std::stoi(argv[i + 1]);
    if (argv[i] == std::string("--learning-rate")) learning_rate = std::stod(argv[i + 1]);
  }

  const Points points = read_points("data.csv");
  Model model{};
  write("metrics.jsonl", "", std::ios::trunc);
  for (int epoch = 1; epoch <= epochs; ++epoch) {
    learn(model, points, learning_rate);
    const std::string numbers = "\"epochs\": " + std::to_string(epochs) +
                                ", \"error\": " + std::to_string(error_of(model, points)) + "}\n";
    write("metrics.jsonl", "{\"epoch\": " + std::to_string(epoch) + ", " + numbers, std::ios::app);
    if (epoch == epochs) write("metrics.json", "{" + numbers, std::ios::trunc);
  }
  write("model.csv",
        std::to_string(model[0]) + "," + std::to_string(model[1]) + "," + std::to_string(model[2]) +
            "\n",
        std::ios::trunc);
  std::cout << "error " << error_of(model, points) << " after " << epochs << " epochs\n";
} catch (const std::exception& error) {
  std::cerr << "train: " << error.what() << "\n";
  return 1;
}
