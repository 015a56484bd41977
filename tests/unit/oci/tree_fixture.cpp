#include "tree_fixture.hpp"

#include <fcntl.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

namespace trainyard::oci::test {

boost::test_tools::assertion_result is_root(boost::unit_test::test_unit_id) {
  boost::test_tools::assertion_result result(::geteuid() == 0);
  if (!result) result.message() << "layer trees take root's rights";
  return result;
}

TarText& TarText::add(TarEntry entry, const std::string& content) {
  if (entry.type == TarEntry::Type::file && entry.size == 0) entry.size = content.size();
  bytes_ += encode_tar_header(entry) + content;
  bytes_.append(tar_padding(content.size()), '\0');
  return *this;
}

TarText& TarText::file(const std::string& name, const std::string& content, uint32_t mode) {
  return add({.name = name, .mode = mode}, content);
}

TarText& TarText::folder(const std::string& name, uint32_t mode) {
  return add({.name = name, .type = TarEntry::Type::directory, .mode = mode});
}

TarText& TarText::link(const std::string& name, const std::string& target) {
  return add({.name = name, .type = TarEntry::Type::symbolic_link, .link_target = target});
}

TarText& TarText::hard_link(const std::string& name, const std::string& target) {
  return add({.name = name, .type = TarEntry::Type::hard_link, .link_target = target});
}

TarText& TarText::raw(const std::string& bytes) {
  bytes_ += bytes;
  return *this;
}

std::string TarText::str() const {
  return bytes_ + std::string(2 * k_tar_block, '\0');
}

Tree::Tree() : path_(temporary_.path() / "tree") {
  make_directories(path_);
}

struct stat Tree::status(const std::string& name) const {
  struct stat status {};
  BOOST_REQUIRE_MESSAGE(::lstat((path_ / name).c_str(), &status) == 0, "there is no " + name);
  return status;
}

bool Tree::has(const std::string& name) const {
  struct stat status;
  return ::lstat((path_ / name).c_str(), &status) == 0;
}

bool Tree::is_whiteout(const std::string& name) const {
  if (!has(name)) return false;
  const struct stat found = status(name);
  return S_ISCHR(found.st_mode) && found.st_rdev == makedev(0, 0);
}

std::string Tree::xattr(const std::string& name, const std::string& xattr) const {
  char value[1024];
  const ssize_t size = ::lgetxattr((path_ / name).c_str(), xattr.c_str(), value, sizeof value);
  return size < 0 ? std::string() : std::string(value, static_cast<size_t>(size));
}

bool Tree::is_opaque(const std::string& name) const {
  return xattr(name, "user.overlay.opaque") == "y";
}

void Tree::set_xattr(const std::string& name, const std::string& xattr,
                     const std::string& value) const {
  BOOST_REQUIRE_EQUAL(
      ::lsetxattr((path_ / name).c_str(), xattr.c_str(), value.data(), value.size(), 0), 0);
}

void Tree::set_time(const std::string& name, int64_t seconds, int64_t nanoseconds) const {
  const timespec times[2] = {{0, UTIME_OMIT}, {seconds, nanoseconds}};
  BOOST_REQUIRE_EQUAL(::utimensat(AT_FDCWD, (path_ / name).c_str(), times, AT_SYMLINK_NOFOLLOW), 0);
}

void Tree::write(const std::string& name, const std::string& content) const {
  // Not through a file with a longer name beside it: tests use names of the greatest length.
  const UniqueFd file(
      ::open((path_ / name).c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
  BOOST_REQUIRE(static_cast<bool>(file));
  write_all(file.get(), content, name);
}

UnpackedLayer unpack(const std::string& tar, const Tree& tree, const UnpackLimits& limits,
                     PathResolution resolution) {
  const TemporaryDirectory folder;
  write_file_atomic(folder.path() / "tar", tar);
  const UniqueFd in = open_for_reading(folder.path() / "tar");
  return unpack_layer(in.get(), tree.path(), limits, resolution);
}

std::string tar_of(const Tree& tree, LayerTar* result) {
  const TemporaryDirectory folder;
  const fs::path file = folder.path() / "tar";
  const UniqueFd out(::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  const LayerTar written = write_layer_tar(tree.path(), out.get());
  if (result != nullptr) *result = written;
  return read_file(file);
}

bool fails_with(const std::function<void()>& action, const std::vector<std::string>& words) {
  try {
    action();
  } catch (const Error& error) {
    const std::string text = error.render();
    for (const std::string& word : words)
      if (text.find(word) == std::string::npos) {
        BOOST_TEST_MESSAGE("\"" + word + "\" is not in: " + text);
        return false;
      }
    return true;
  }
  BOOST_TEST_MESSAGE("no error was thrown");
  return false;
}

}  // namespace trainyard::oci::test
