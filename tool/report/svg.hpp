#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace trainyard::report {

/// A drawing in SVG, in pixels from the upper left corner. Equal drawings are equal bytes: numbers
/// have two decimals at most.
class Svg {
 public:
  Svg(double width, double height, const std::string& title);

  struct Text {
    const char* anchor = "start";  ///< start, middle, end
    double size = 12;
    const char* weight = "normal";
    const char* colour = "#333333";
  };
  void text(double x, double y, const std::string& text, const Text& style);
  void line(double x1, double y1, double x2, double y2, const char* colour);

  using Points = std::vector<std::pair<double, double>>;
  struct Stroke {
    const char* colour;
    const char* dashes = "";  ///< as stroke-dasharray
    double width = 1.8;
    std::string title = {};  ///< what a viewer shows when it is pointed at
  };
  /// Lines through the points of each part, with a gap between two parts.
  void curves(const std::vector<Points>& parts, const Stroke& stroke);
  void dots(const Points& points, double radius, const char* colour);

  std::string finish() &&;

 private:
  std::string text_;
};

/// How wide a text is, about, in a sans-serif font that runs wide: space for it is enough.
double text_width(std::string_view text, double size);

}  // namespace trainyard::report
