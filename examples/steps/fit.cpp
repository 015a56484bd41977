// fit <rows>: the straight line through the rows of a prepared table, by least squares.
// Writes line.txt (offset and slope) and metrics.json (r2, the share of the variance that the line
// explains).

#include <fstream>
#include <iostream>

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: fit <rows>\n";
    return 2;
  }
  std::ifstream in(argv[1]);
  double count = 0, x_sum = 0, y_sum = 0, xx_sum = 0, xy_sum = 0, yy_sum = 0;
  for (double x = 0, y = 0; in >> x >> y; ++count) {
    x_sum += x;
    y_sum += y;
    xx_sum += x * x;
    xy_sum += x * y;
    yy_sum += y * y;
  }
  const double xx = xx_sum - x_sum * x_sum / count, xy = xy_sum - x_sum * y_sum / count;
  const double yy = yy_sum - y_sum * y_sum / count;
  if (!in.eof() || !(xx > 0 && yy > 0)) {
    std::cerr << "fit: " << argv[1] << " holds no line\n";
    return 1;
  }
  const double slope = xy / xx, offset = (y_sum - slope * x_sum) / count, r2 = xy * xy / (xx * yy);
  std::ofstream line("line.txt"), metrics("metrics.json");
  line << offset << ' ' << slope << '\n';
  metrics << "{\"r2\": " << r2 << "}\n";
  std::cout << "r2 " << r2 << '\n';
  return line.flush() && metrics.flush() ? 0 : 1;
}
