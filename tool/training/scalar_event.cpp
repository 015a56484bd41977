#include "training/scalar_event.hpp"

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <protozero/pbf_reader.hpp>

#include "training/metric_name.hpp"

namespace trainyard::training {

namespace {

using protozero::pbf_reader;
using protozero::pbf_wire_type;

template <class Number>
Number number_of(std::string_view bytes) {
  static_assert(std::endian::native == std::endian::little);
  Number value;
  std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}

constexpr uint32_t key(uint32_t field, pbf_wire_type type) {
  return protozero::tag_and_type(field, type);
}

double half_value(uint32_t bits) {
  const int exponent = (bits >> 10) & 0x1f;
  const double fraction = bits & 0x3ff;
  double value = 0;
  if (exponent == 0)
    value = std::ldexp(fraction, -24);
  else if (exponent < 31)
    value = std::ldexp(fraction + 1024, exponent - 25);
  else
    value = fraction == 0 ? std::numeric_limits<double>::infinity()
                          : std::numeric_limits<double>::quiet_NaN();
  return (bits & 0x8000) != 0 ? -value : value;
}

/// The types of numbers in tensorflow/core/framework/types.proto.
enum class DataType : int32_t {
  float32 = 1,
  float64 = 2,
  int32 = 3,
  int64 = 9,
  bfloat16 = 14,
  float16 = 19
};

/// The number of `tensor_content`.
std::optional<double> content_value(DataType type, std::string_view bytes) {
  const auto as = [bytes](auto number) -> std::optional<double> {
    if (bytes.size() != sizeof number) return std::nullopt;
    return static_cast<double>(number_of<decltype(number)>(bytes));
  };
  switch (type) {
    case DataType::float32:
      return as(float());
    case DataType::float64:
      return as(double());
    case DataType::int32:
      return as(int32_t());
    case DataType::int64:
      return as(int64_t());
    case DataType::float16:
      return bytes.size() == 2 ? std::optional(half_value(number_of<uint16_t>(bytes)))
                               : std::nullopt;
    case DataType::bfloat16:
      return bytes.size() == 2 ? std::optional<double>(std::bit_cast<float>(
                                     uint32_t{number_of<uint16_t>(bytes)} << 16))
                               : std::nullopt;
  }
  return std::nullopt;
}

/// Whether a TensorShapeProto is that of one number: no dimension, or such of size 1.
bool is_scalar_shape(pbf_reader shape) {
  while (shape.next()) {
    if (shape.tag_and_type() != key(2, pbf_wire_type::length_delimited)) {
      shape.skip();
      continue;
    }
    int64_t size = 0;
    for (pbf_reader dimension = shape.get_message(); dimension.next();)
      if (dimension.tag_and_type() == key(1, pbf_wire_type::varint))
        size = dimension.get_int64();
      else
        dimension.skip();
    if (size != 1) return false;
  }
  return true;
}

/// The last number of one of a TensorProto's lists, packed or not; nothing, and the field is passed
/// over, when it is not one.
std::optional<double> listed_value(pbf_reader& tensor) {
  std::optional<double> value;
  const auto take_last = [&value](const auto& numbers) {
    for (const auto one : numbers) value = static_cast<double>(one);
  };
  switch (tensor.tag_and_type()) {
    case key(5, pbf_wire_type::length_delimited):
      take_last(tensor.get_packed_float());
      break;
    case key(5, pbf_wire_type::fixed32):
      return static_cast<double>(tensor.get_float());
    case key(6, pbf_wire_type::length_delimited):
      take_last(tensor.get_packed_double());
      break;
    case key(6, pbf_wire_type::fixed64):
      return tensor.get_double();
    case key(7, pbf_wire_type::length_delimited):
    case key(13, pbf_wire_type::length_delimited):
      take_last(tensor.get_packed_int32());
      break;
    case key(7, pbf_wire_type::varint):
    case key(13, pbf_wire_type::varint):
      return static_cast<double>(tensor.get_int32());
    case key(10, pbf_wire_type::length_delimited):
      take_last(tensor.get_packed_int64());
      break;
    case key(10, pbf_wire_type::varint):
      return static_cast<double>(tensor.get_int64());
    default:
      tensor.skip();
  }
  return value;
}

/// A TensorProto of one number; nothing for all others.
std::optional<double> tensor_value(pbf_reader tensor) {
  DataType type{};
  std::string_view content;
  std::optional<double> value;
  while (tensor.next()) {
    if (tensor.tag_and_type() == key(1, pbf_wire_type::varint)) {
      type = static_cast<DataType>(tensor.get_int32());
    } else if (tensor.tag_and_type() == key(2, pbf_wire_type::length_delimited)) {
      if (!is_scalar_shape(tensor.get_message())) return std::nullopt;
    } else if (tensor.tag_and_type() == key(4, pbf_wire_type::length_delimited)) {
      const auto view = tensor.get_view();
      content = {view.data(), view.size()};
    } else if (const auto listed = listed_value(tensor)) {
      value = listed;
    }
  }
  if (!value) return content_value(type, content);
  // `half_val` holds the bits of such numbers, each in an integer.
  const auto bits = [&value] { return static_cast<uint32_t>(static_cast<int64_t>(*value)); };
  if (type == DataType::float16) return half_value(bits() & 0xffff);
  if (type == DataType::bfloat16) return std::bit_cast<float>(bits() << 16);
  return value;
}

/// One Summary.Value.
void read_value(pbf_reader in, ScalarEvent event, std::vector<ScalarEvent>& found) {
  std::optional<double> value;
  while (in.next()) {
    switch (in.tag_and_type()) {
      case key(1, pbf_wire_type::length_delimited):
        event.tag = metric_name(in.get_string());
        break;
      case key(2, pbf_wire_type::fixed32):
        value = static_cast<double>(in.get_float());
        break;
      case key(8, pbf_wire_type::length_delimited):
        value = tensor_value(in.get_message());
        break;
      default:
        in.skip();
    }
  }
  if (!value || event.tag.empty()) return;
  event.value = *value;
  found.push_back(std::move(event));
}

/// Throws protozero::exception for what is no message.
std::vector<ScalarEvent> parse_event(std::string_view bytes) {
  ScalarEvent common;
  std::vector<pbf_reader> summaries;
  for (pbf_reader event(bytes.data(), bytes.size()); event.next();) {
    switch (event.tag_and_type()) {
      case key(1, pbf_wire_type::fixed64):
        common.wall_time = event.get_double();
        break;
      case key(2, pbf_wire_type::varint):
        common.step = event.get_int64();
        break;
      case key(5, pbf_wire_type::length_delimited):
        summaries.push_back(event.get_message());
        break;
      default:
        event.skip();
    }
  }
  std::vector<ScalarEvent> found;
  for (pbf_reader& summary : summaries)
    while (summary.next())
      if (summary.tag_and_type() == key(1, pbf_wire_type::length_delimited))
        read_value(summary.get_message(), common, found);
      else
        summary.skip();
  return found;
}

}  // namespace

std::optional<std::vector<ScalarEvent>> parse_scalar_events(std::string_view record) {
  try {
    return parse_event(record);
  } catch (const protozero::exception&) {
    return std::nullopt;
  }
}

}  // namespace trainyard::training
