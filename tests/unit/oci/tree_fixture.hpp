#pragma once

#include <sys/stat.h>

#include <boost/test/unit_test.hpp>
#include <functional>
#include <string>

#include "base/error.hpp"
#include "base/file.hpp"
#include "oci/layer_tar.hpp"
#include "oci/tar_header.hpp"

namespace trainyard::oci::test {

/// Layer trees have owners, devices and file capabilities: making them takes root.
boost::test_tools::assertion_result is_root(boost::unit_test::test_unit_id);

/// A tar with an entry per call, made of the writer's own headers and of whatever a test puts in by
/// hand.
class TarText {
 public:
  TarText& add(TarEntry entry, const std::string& content = {});
  TarText& file(const std::string& name, const std::string& content = {}, uint32_t mode = 0644);
  TarText& folder(const std::string& name, uint32_t mode = 0755);
  TarText& link(const std::string& name, const std::string& target);
  TarText& hard_link(const std::string& name, const std::string& target);
  TarText& raw(const std::string& bytes);
  /// With the end mark.
  std::string str() const;

 private:
  std::string bytes_;
};

/// An empty folder for a layer tree, with helpers that look at it without following links.
class Tree {
 public:
  Tree();
  const fs::path& path() const { return path_; }
  fs::path operator/(const std::string& name) const { return path_ / name; }
  struct stat status(const std::string& name) const;
  bool has(const std::string& name) const;
  bool is_whiteout(const std::string& name) const;
  std::string xattr(const std::string& name, const std::string& xattr) const;
  bool is_opaque(const std::string& name) const;
  void set_xattr(const std::string& name, const std::string& xattr, const std::string& value) const;
  void set_time(const std::string& name, int64_t seconds, int64_t nanoseconds = 0) const;
  void write(const std::string& name, const std::string& content) const;

 private:
  TemporaryDirectory temporary_;
  fs::path path_;
};

UnpackedLayer unpack(const std::string& tar, const Tree& tree, const UnpackLimits& limits = {},
                     PathResolution resolution = PathResolution::kernel);
/// The bytes of a tree's tar.
std::string tar_of(const Tree& tree, LayerTar* result = nullptr);

/// Whether `action` throws an Error whose text has all of `words`.
bool fails_with(const std::function<void()>& action, const std::vector<std::string>& words);

}  // namespace trainyard::oci::test
