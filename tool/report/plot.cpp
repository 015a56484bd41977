#include "report/plot.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/terminal.hpp"
#include "report/svg.hpp"

namespace trainyard::report {

namespace {

/// Okabe and Ito's colours without yellow, which nobody sees on white.
constexpr std::array k_colours{"#0072b2", "#d55e00", "#009e73", "#cc79a7",
                               "#e69f00", "#56b4e9", "#000000"};
constexpr std::array k_dashes{"", "7 4", "2 4", "9 4 2 4"};

const char* colour_of(size_t look) {
  return k_colours[look % k_colours.size()];
}
const char* dashes_of(size_t look) {
  return k_dashes[look / k_colours.size() % k_dashes.size()];
}

constexpr double k_width = 800, k_margin = 20, k_title_height = 44;
constexpr double k_label_size = 12, k_legend_row = 20, k_swatch = 34;
constexpr double k_panel_head = 26, k_panel_foot = 46, k_gap = 24;
constexpr size_t k_dense = 400;     ///< a curve of more points is thinner
constexpr size_t k_most_dots = 40;  ///< a curve of more points is a line alone

struct Box {
  double left, top, right, bottom;
  double width() const { return right - left; }
  double height() const { return bottom - top; }
};

/// Of the points in one column of pixels: the first, the lowest, the highest and the last, which
/// look the same as all of them.
Svg::Points thinned(const Svg::Points& points) {
  if (points.size() < 4 * static_cast<size_t>(k_width)) return points;
  Svg::Points kept;
  for (size_t begin = 0; begin < points.size();) {
    size_t end = begin, low = begin, high = begin;
    while (end < points.size() &&
           std::floor(points[end].first) == std::floor(points[begin].first)) {
      if (points[end].second < points[low].second) low = end;
      if (points[end].second > points[high].second) high = end;
      ++end;
    }
    std::array<size_t, 4> chosen{begin, std::min(low, high), std::max(low, high), end - 1};
    for (size_t i = 0; i < chosen.size(); ++i)
      if (i == 0 || chosen[i] != chosen[i - 1]) kept.push_back(points[chosen[i]]);
    begin = end;
  }
  return kept;
}

class PanelDrawing {
 public:
  PanelDrawing(Svg& svg, const Plot& plot, const Panel& panel, Box box)
      : svg_(svg), plot_(plot), panel_(panel), area_(box) {
    std::vector<double> xs, ys;
    for (const Curve& curve : panel.curves)
      for (const auto& [x, y] : curve.points) {
        xs.push_back(x);
        ys.push_back(y);
      }
    area_.top += k_panel_head;
    area_.bottom -= k_panel_foot;
    y_ =
        Axis::spanning(ys, plot.y_scale, Numbers::any, static_cast<int>(area_.height() / 45), 0.05);
    double widest = 0;
    for (const Tick& tick : y_.ticks())
      widest = std::max(widest, text_width(tick.label, k_label_size));
    area_.left += widest + 8;
    area_.right -= 12;  // half of the last tick's label
    x_ = Axis::spanning(xs, Scale::linear, plot.x_numbers, static_cast<int>(area_.width() / 95), 0);
  }

  void draw() {
    svg_.text(area_.left, area_.top - 10, fitted(panel_.title, area_.width(), 13),
              {"start", 13, "bold"});
    draw_axes();
    for (const Curve& curve : panel_.curves) draw_curve(curve);
  }

  static std::string fitted(const std::string& text, double width, double size) {
    std::string result = text;
    for (int columns = 200; columns > 1 && text_width(result, size) > width; --columns)
      result = fit_columns(text, columns);
    return result;
  }

 private:
  double x_of(double position) const { return area_.left + position * area_.width(); }
  double y_of(double position) const { return area_.bottom - position * area_.height(); }

  void draw_axes() {
    for (const Tick& tick : y_.ticks()) {
      const double y = y_of(y_.position(tick.value).value_or(0));
      svg_.line(area_.left, y, area_.right, y, "#e4e4e4");
      svg_.text(area_.left - 6, y + 4, tick.label, {"end", k_label_size});
    }
    double free_from = 0;
    for (const Tick& tick : x_.ticks()) {
      const double x = x_of(x_.position(tick.value).value_or(0));
      svg_.line(x, area_.bottom, x, area_.bottom + 4, "#808080");
      const double half = text_width(tick.label, k_label_size) / 2;
      if (x - half < free_from) continue;
      free_from = x + half + 6;
      svg_.text(x, area_.bottom + 18, tick.label, {"middle", k_label_size});
    }
    svg_.line(area_.left, area_.bottom, area_.right, area_.bottom, "#808080");
    svg_.line(area_.left, area_.top, area_.left, area_.bottom, "#808080");
    svg_.text((area_.left + area_.right) / 2, area_.bottom + 36, plot_.x_label,
              {"middle", k_label_size});
  }

  void draw_curve(const Curve& curve) {
    std::vector<Svg::Points> parts(1);
    Svg::Points lonely, all;
    const auto end_part = [&] {
      if (parts.back().size() == 1) lonely.push_back(parts.back().front());
      if (!parts.back().empty()) parts.emplace_back();
    };
    for (const auto& [x, y] : curve.points) {
      const auto right = x_.position(x), up = y_.position(y);
      if (!right || !up) {
        end_part();
        continue;
      }
      parts.back().emplace_back(x_of(*right), y_of(*up));
      all.push_back(parts.back().back());
    }
    end_part();
    for (Svg::Points& part : parts) part = thinned(part);
    const char* colour = colour_of(curve.look);
    const std::string name = curve.look < plot_.legend.size() ? plot_.legend[curve.look] : "";
    if (all.size() > lonely.size())
      svg_.curves(parts, {colour, dashes_of(curve.look), all.size() > k_dense ? 1.2 : 1.8, name});
    svg_.dots(lonely, 3.5, colour);
    if (all.size() <= k_most_dots && all.size() > lonely.size()) svg_.dots(all, 2.4, colour);
  }

  Svg& svg_;
  const Plot& plot_;
  const Panel& panel_;
  Box area_;
  Axis x_, y_;
};

/// Where the entries of the legend stand: columns of one width, as many as there is room for.
struct LegendLayout {
  size_t columns = 1, rows = 0;
  double column_width = 0;

  explicit LegendLayout(const std::vector<std::string>& entries) {
    if (entries.size() < 2) return;
    for (const std::string& entry : entries)
      column_width = std::max(column_width, k_swatch + text_width(entry, k_label_size) + k_gap);
    const double room = k_width - 2 * k_margin;
    columns = std::clamp<size_t>(static_cast<size_t>(room / column_width), 1, entries.size());
    column_width = std::min(column_width, room);
    rows = (entries.size() + columns - 1) / columns;
  }
  double height() const { return rows == 0 ? 0 : static_cast<double>(rows) * k_legend_row + 8; }
};

void draw_legend(Svg& svg, const std::vector<std::string>& entries, const LegendLayout& layout,
                 double top) {
  if (layout.rows == 0) return;
  for (size_t i = 0; i < entries.size(); ++i) {
    const double x = k_margin + static_cast<double>(i / layout.rows) * layout.column_width;
    const double y = top + (static_cast<double>(i % layout.rows) + 0.5) * k_legend_row;
    svg.curves({{{x, y}, {x + k_swatch - 8, y}}}, {colour_of(i), dashes_of(i)});
    svg.text(x + k_swatch, y + 4,
             PanelDrawing::fitted(entries[i], layout.column_width - k_swatch - 4, k_label_size),
             {"start", k_label_size});
  }
}

}  // namespace

std::string render_svg(const Plot& plot) {
  const LegendLayout legend(plot.legend);
  const size_t columns = plot.panels.size() > 1 ? 2 : 1;
  const size_t rows = (plot.panels.size() + columns - 1) / columns;
  const double panel_height = columns == 1 ? 400 : 270;
  const double top = k_title_height + legend.height();
  const double height = top + static_cast<double>(rows) * panel_height + k_margin / 2;
  Svg svg(k_width, height, plot.title);
  svg.text(k_margin, 30, PanelDrawing::fitted(plot.title, k_width - 2 * k_margin, 17),
           {"start", 17, "bold", "#111111"});
  draw_legend(svg, plot.legend, legend, k_title_height);
  const double width = (k_width - 2 * k_margin - static_cast<double>(columns - 1) * k_gap) /
                       static_cast<double>(columns);
  for (size_t i = 0; i < plot.panels.size(); ++i) {
    const double x = k_margin + static_cast<double>(i % columns) * (width + k_gap);
    const double y = top + static_cast<double>(i / columns) * panel_height;
    PanelDrawing(svg, plot, plot.panels[i], {x, y, x + width, y + panel_height}).draw();
  }
  return std::move(svg).finish();
}

}  // namespace trainyard::report
