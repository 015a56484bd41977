#include "report/svg.hpp"

#include <cmath>
#include <cstdio>

#include "base/json.hpp"
#include "base/terminal.hpp"

namespace trainyard::report {

namespace {

std::string number(double value) {
  char text[64];
  std::snprintf(text, sizeof text, "%.2f", value);
  std::string result = text;
  result.erase(result.find_last_not_of('0') + 1);
  if (result.back() == '.') result.pop_back();
  return result == "-0" ? "0" : result;
}

/// Text as XML takes it: UTF-8 without control characters and non-characters.
std::string escaped(const std::string& text) {
  std::string valid = Json::parse(dump_json(printable_line(text))).get<std::string>();
  for (const char* refused : {"\xef\xbf\xbe", "\xef\xbf\xbf"})
    for (size_t at = 0; (at = valid.find(refused, at)) != std::string::npos;)
      valid.replace(at, 3, "\xef\xbf\xbd");
  std::string result;
  for (const char c : valid) {
    if (c == '&')
      result += "&amp;";
    else if (c == '<')
      result += "&lt;";
    else if (c == '>')
      result += "&gt;";
    else if (c == '"')
      result += "&quot;";
    else
      result += c;
  }
  return result;
}

}  // namespace

Svg::Svg(double width, double height, const std::string& title) {
  const std::string size = number(width) + "\" height=\"" + number(height);
  text_ = "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"" + size + "\" viewBox=\"0 0 " +
          number(width) + " " + number(height) +
          "\" font-family=\"DejaVu Sans, Verdana, Helvetica, Arial, sans-serif\">\n<title>" +
          escaped(title) + "</title>\n<rect width=\"" + size + "\" fill=\"#ffffff\"/>\n";
}

void Svg::text(double x, double y, const std::string& text, const Text& style) {
  text_ += "<text x=\"" + number(x) + "\" y=\"" + number(y) + "\" font-size=\"" +
           number(style.size) + "\" fill=\"" + style.colour + "\"";
  if (std::string_view(style.anchor) != "start")
    text_ += std::string(" text-anchor=\"") + style.anchor + "\"";
  if (std::string_view(style.weight) != "normal")
    text_ += std::string(" font-weight=\"") + style.weight + "\"";
  text_ += ">" + escaped(text) + "</text>\n";
}

void Svg::line(double x1, double y1, double x2, double y2, const char* colour) {
  text_ += "<path d=\"M" + number(x1) + " " + number(y1) + "L" + number(x2) + " " + number(y2) +
           "\" stroke=\"" + colour + "\"/>\n";
}

void Svg::curves(const std::vector<Points>& parts, const Stroke& stroke) {
  text_ += "<path d=\"";
  for (const Points& part : parts)
    for (size_t i = 0; i < part.size(); ++i)
      text_ += (i == 0 ? "M" : "L") + number(part[i].first) + " " + number(part[i].second);
  text_ += std::string("\" fill=\"none\" stroke=\"") + stroke.colour + "\" stroke-width=\"" +
           number(stroke.width) + "\" stroke-linejoin=\"round\" stroke-linecap=\"round\"";
  if (*stroke.dashes != '\0') text_ += std::string(" stroke-dasharray=\"") + stroke.dashes + "\"";
  text_ += stroke.title.empty() ? "/>\n" : "><title>" + escaped(stroke.title) + "</title></path>\n";
}

void Svg::dots(const Points& points, double radius, const char* colour) {
  for (const auto& [x, y] : points)
    text_ += "<circle cx=\"" + number(x) + "\" cy=\"" + number(y) + "\" r=\"" + number(radius) +
             "\" fill=\"" + colour + "\"/>\n";
}

std::string Svg::finish() && {
  return std::move(text_) + "</svg>\n";
}

double text_width(std::string_view text, double size) {
  double ems = 0;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte & 0xc0) == 0x80) continue;  // goes on with a character
    if (byte >= 0xe3)
      ems += 1.05;  // of East Asia, mostly
    else if (std::string_view("ijl.,:;'|!()[] ").find(c) != std::string_view::npos)
      ems += 0.4;
    else if (std::string_view("mwMW@%").find(c) != std::string_view::npos)
      ems += 0.98;
    else
      ems += c >= 'A' && c <= 'Z' ? 0.72 : 0.64;
  }
  return ems * size;
}

}  // namespace trainyard::report
