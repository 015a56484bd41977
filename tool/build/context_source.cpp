#include "base/error.hpp"
#include "build/build_image.hpp"
#include "build/remote_address.hpp"

namespace trainyard::build {

namespace {

/// "/x", "/x:tag", "/x@digest" or both: the last colon behind the last slash begins the tag. What a
/// digest names needs no tag.
void split_layout(ContextSource& source, std::string text) {
  const size_t slash = text.rfind('/');
  const size_t at = text.find("@sha256:", slash == std::string::npos ? 0 : slash);
  const std::string digest = at == std::string::npos ? "" : text.substr(at + 1);
  if (!digest.empty()) oci::Digest::parse(digest);
  text = text.substr(0, at);
  const size_t colon = text.find(':', slash == std::string::npos ? 0 : slash);
  source.folder = absolute_normal(text.substr(0, colon));
  if (colon != std::string::npos) source.reference = text.substr(colon + 1);
  if (!digest.empty()) source.reference = digest;
}

std::string digest_in(const fs::path& file) {
  std::string digest = read_file(file);
  while (!digest.empty() && std::isspace(static_cast<unsigned char>(digest.back())))
    digest.pop_back();
  try {
    return oci::Digest::parse(digest).str();
  } catch (const Error& error) {
    throw usage_error("reading digest file", file.string(), error.cause(),
                      "build the image that writes it first");
  }
}

}  // namespace

ContextSource parse_context_source(const std::string& text) {
  ContextSource source;
  if (text.empty())
    throw usage_error(
        "reading a context", "\"\"", "it is empty",
        "write a folder, oci:FOLDER[:TAG], digest-file:FILE, an address or an image's name");
  if (text.starts_with("dir:")) {
    source.folder = absolute_normal(text.substr(4));
  } else if (text.starts_with('/') || text == "." || text == ".." || text.starts_with("./") ||
             text.starts_with("../")) {
    source.folder = absolute_normal(text);
  } else if (text.starts_with("oci:")) {
    source.kind = ContextSource::Kind::layout;
    split_layout(source, text.substr(4));
  } else if (text.starts_with("oci-layout://")) {
    source.kind = ContextSource::Kind::layout;
    split_layout(source, text.substr(13));
  } else if (text.starts_with("docker-image://")) {
    source.kind = ContextSource::Kind::image;
    source.reference = text.substr(15);
  } else if (text.starts_with("digest-file:")) {
    source.kind = ContextSource::Kind::image;
    source.folder = absolute_normal(text.substr(12));
    source.reference = digest_in(source.folder);
  } else if (const ContextPlace place = context_place(text);
             place == ContextPlace::git || place == ContextPlace::web) {
    source.remote = text;
  } else {
    source.kind = ContextSource::Kind::image;
    source.reference = text.starts_with("image:") ? text.substr(6) : text;
  }
  return source;
}

}  // namespace trainyard::build
