#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/file.hpp"
#include "build/dynamic_loader.hpp"

namespace trainyard::build {

/// This machine's file system; remembers what was looked at.
class HostView : public ObjectView {
 public:
  std::shared_ptr<const ElfFile> open(const std::string& path) override;
  std::vector<std::string> cached(const std::string& library) override;
  /// For the depfile: files under the names they were asked for and their real ones.
  std::vector<fs::path> read() const { return {read_.begin(), read_.end()}; }
  void note_read(const fs::path& path) { read_.insert(path); }

 private:
  std::map<std::string, std::shared_ptr<const ElfFile>> known_;
  std::optional<std::string> cache_;
  std::set<fs::path> read_;
};

/// The file system of the image that is being planned: no links but to files, and no cache.
class ImageView : public ObjectView {
 public:
  void add(const std::string& target, std::shared_ptr<const ElfFile> elf);
  std::shared_ptr<const ElfFile> at(const std::string& target) const;
  /// A folder that is left again by ".." must exist.
  std::shared_ptr<const ElfFile> open(const std::string& path) override;
  std::vector<std::string> cached(const std::string&) override { return {}; }

 private:
  std::map<std::string, std::shared_ptr<const ElfFile>> files_;
  std::set<fs::path> folders_{"/"};
};

}  // namespace trainyard::build
