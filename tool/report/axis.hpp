#pragma once

#include <optional>
#include <string>
#include <vector>

namespace trainyard::report {

enum class Scale { linear, logarithmic };
enum class Numbers { any, whole };  ///< of an axis that counts, such as epochs

struct Tick {
  double value = 0;
  std::string label;
};

/// One axis of a plot: what it spans, where its ticks are, and where on it a value lies.
class Axis {
 public:
  /// Spans the finite numbers of `values`, of a logarithmic axis those above zero; about `ticks`
  /// ticks, at 1, 2 or 5 times a power of ten. Without any value it spans 0 to 1.
  static Axis spanning(const std::vector<double>& values, Scale scale, Numbers numbers, int ticks,
                       double padding);

  /// 0 at its beginning, 1 at its end; nothing for what cannot stand on it.
  std::optional<double> position(double value) const;
  const std::vector<Tick>& ticks() const { return ticks_; }

 private:
  void add_linear_ticks(Numbers numbers, int count);
  void add_logarithmic_ticks(int count);

  Scale scale_ = Scale::linear;
  double low_ = 0, high_ = 1;  ///< of a logarithmic axis: powers of ten
  std::vector<Tick> ticks_;
};

}  // namespace trainyard::report
