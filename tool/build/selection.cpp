#include "build/selection.hpp"

#include <charconv>

#include "base/sha256.hpp"

namespace trainyard::build {

namespace {

constexpr std::string_view k_format = "selection 3";

void add(std::string& text, std::string_view field) {
  text += field;
  text += '\0';
}
void add(std::string& text, uint64_t number) {
  add(text, std::to_string(number));
}

/// Reads the fields back. The list comes from our own process: a short one is a broken file.
class Fields {
 public:
  explicit Fields(std::string_view text) : text_(text) {}

  std::string text() {
    const size_t end = text_.find('\0');
    if (end == std::string_view::npos)
      throw Error("reading", "a list of files to copy", "it is cut off");
    std::string field(text_.substr(0, end));
    text_.remove_prefix(end + 1);
    return field;
  }
  uint64_t number() {
    const std::string field = text();
    uint64_t value = 0;
    const auto [end, failure] = std::from_chars(field.data(), field.data() + field.size(), value);
    if (failure != std::errc() || end != field.data() + field.size())
      throw Error("reading", "a list of files to copy", "\"" + field + "\" is not a number");
    return value;
  }

 private:
  std::string_view text_;
};

/// The fields that make a difference in the copy.
void add_content(std::string& text, const SelectedEntry& entry) {
  add(text, entry.path);
  add(text, std::string_view(reinterpret_cast<const char*>(&entry.type), 1));
  add(text, entry.mode);
  add(text, entry.uid);
  add(text, entry.gid);
  add(text, entry.size);
  add(text, entry.content ? to_hex(entry.content->sha256) : std::string());
  add(text, entry.link);
  add(text, entry.xattrs.size());
  for (const auto& [name, value] : entry.xattrs) {
    add(text, name);
    add(text, value.size());
    text += value;
    text += '\0';
  }
}

}  // namespace

std::string SelectedSource::place_of(const SelectedEntry& entry) const {
  if (root.empty() || entry.path.empty()) return root + entry.path;
  return root + "/" + entry.path;
}

std::string content_digest(const Selection& selection) {
  Sha256 hash;
  std::string text;
  for (const SelectedSource& source : selection.sources) {
    text.clear();
    add(text, source.name);
    add(text, source.entries.size());
    hash.update(text);
    for (const SelectedEntry& entry : source.entries) {
      text.clear();
      add_content(text, entry);
      hash.update(text);
    }
  }
  return hash.hex();
}

std::string serialise(const Selection& selection) {
  std::string text;
  add(text, k_format);
  add(text, selection.sources.size());
  for (const SelectedSource& source : selection.sources) {
    add(text, source.name);
    add(text, source.root);
    add(text, source.base.native());
    add(text, source.unpack ? 1 : 0);
    add(text, std::to_string(source.seconds));
    add(text, source.entries.size());
    for (const SelectedEntry& entry : source.entries) {
      // xattrs hold any bytes, and are only of files that the job itself selects.
      add(text, entry.path);
      add(text, std::string_view(reinterpret_cast<const char*>(&entry.type), 1));
      add(text, entry.mode);
      add(text, entry.uid);
      add(text, entry.gid);
      add(text, entry.size);
      add(text, entry.content ? to_hex(entry.content->sha256) : std::string());
      add(text, entry.content ? entry.content->xxh3.high : 0);
      add(text, entry.content ? entry.content->xxh3.low : 0);
      add(text, entry.link);
      add(text, entry.inode);
    }
  }
  return text;
}

Selection parse_selection(std::string_view text) {
  Fields in(text);
  if (in.text() != k_format) throw Error("reading", "a list of files to copy", "unknown format");
  Selection selection;
  selection.sources.resize(in.number());
  for (SelectedSource& source : selection.sources) {
    source.name = in.text();
    source.root = in.text();
    source.base = in.text();
    source.unpack = in.number() != 0;
    source.seconds = std::stoll(in.text());
    source.entries.resize(in.number());
    for (SelectedEntry& entry : source.entries) {
      entry.path = in.text();
      const std::string type = in.text();
      entry.type = static_cast<SelectedEntry::Type>(type.empty() ? 'f' : type.front());
      entry.mode = static_cast<unsigned>(in.number());
      entry.uid = static_cast<uid_t>(in.number());
      entry.gid = static_cast<gid_t>(in.number());
      entry.size = in.number();
      const std::string sha256 = in.text();
      const Fingerprint xxh3{in.number(), in.number()};
      if (!sha256.empty()) entry.content = {sha256_of_hex(sha256), xxh3};
      entry.link = in.text();
      entry.inode = in.text();
    }
  }
  return selection;
}

}  // namespace trainyard::build
