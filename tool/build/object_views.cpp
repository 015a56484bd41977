#include "build/object_views.hpp"

#include <sys/stat.h>

#include <utility>

namespace trainyard::build {

namespace {
constexpr const char* k_cache_path = "/etc/ld.so.cache";
}

std::shared_ptr<const ElfFile> HostView::open(const std::string& path) {
  const auto [place, is_new] = known_.try_emplace(path);
  if (!is_new) return place->second;
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return nullptr;
  read_.insert(absolute_normal(path));
  read_.insert(fs::canonical(path));  // a package that is upgraded takes this name away
  place->second = std::make_shared<const ElfFile>(read_elf(path));
  return place->second;
}

std::vector<std::string> HostView::cached(const std::string& library) {
  if (!cache_) {
    cache_ = read_file_if_exists(k_cache_path).value_or("");
    if (!cache_->empty()) read_.insert(k_cache_path);
  }
  return find_in_loader_cache(*cache_, library);
}

void ImageView::add(const std::string& target, std::shared_ptr<const ElfFile> elf) {
  files_[target] = std::move(elf);
  for (fs::path folder = fs::path(target).parent_path(); folders_.insert(folder).second;)
    folder = folder.parent_path();
}

std::shared_ptr<const ElfFile> ImageView::at(const std::string& target) const {
  const auto found = files_.find(target);
  return found == files_.end() ? nullptr : found->second;
}

std::shared_ptr<const ElfFile> ImageView::open(const std::string& path) {
  fs::path resolved = "/";
  for (const auto& part : fs::path(path).relative_path()) {
    if (!folders_.contains(resolved)) return nullptr;
    if (part == "..")
      resolved = resolved.parent_path();
    else if (part != "." && !part.empty())
      resolved /= part;
  }
  return at(resolved.string());
}

}  // namespace trainyard::build
