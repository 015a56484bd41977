// prepare <in> <out>: the rows of a table of temperatures and resistances that hold two numbers,
// without its header, with temperatures scaled to the range from 0 to 1.

#include <algorithm>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: prepare <in> <out>\n";
    return 2;
  }
  std::ifstream in(argv[1]);
  std::vector<std::pair<double, double>> rows;
  for (std::string line; std::getline(in, line);) {
    std::istringstream fields(line);
    double temperature = 0, resistance = 0;
    char comma = 0;
    if (fields >> temperature >> comma >> resistance) rows.emplace_back(temperature, resistance);
  }
  if (!in.eof() || rows.empty()) {
    std::cerr << "prepare: no rows in " << argv[1] << "\n";
    return 1;
  }
  const auto [coldest, warmest] = std::minmax_element(rows.begin(), rows.end());
  const double least = coldest->first, range = std::max(warmest->first - least, 1e-9);
  std::ofstream out(argv[2]);
  for (const auto& [temperature, resistance] : rows)
    out << (temperature - least) / range << ' ' << resistance << '\n';
  std::cout << rows.size() << " rows\n";
  return out.flush() ? 0 : 1;
}
