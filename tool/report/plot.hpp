#pragma once

#include <string>
#include <utility>
#include <vector>

#include "report/axis.hpp"

namespace trainyard::report {

/// One curve: `look` says which entry of the legend it belongs to.
struct Curve {
  size_t look = 0;
  std::vector<std::pair<double, double>> points;  ///< x and y; what cannot be drawn leaves a gap
};
/// One pair of axes.
struct Panel {
  std::string title;
  std::vector<Curve> curves;
};
struct Plot {
  std::string title;
  std::string x_label;
  Numbers x_numbers = Numbers::any;
  Scale y_scale = Scale::linear;
  std::vector<std::string> legend;  ///< shown when there are several entries
  std::vector<Panel> panels;
};

/// The plot as SVG, 800 pixels wide: one panel in a row, or two when there are several. Equal plots
/// are equal bytes. Colours are told apart with colour-blind eyes too; from the eighth entry on
/// dashes tell more. Curves of more points than there are pixels keep what can be seen of them.
std::string render_svg(const Plot& plot);

}  // namespace trainyard::report
