#include "build/download.hpp"

#include <ctime>
#include <sstream>

#include "base/error.hpp"
#include "base/process.hpp"

namespace trainyard::build {

namespace {

/// The headers of the last answer: those of redirects stand before it.
FileVersion version_of(const std::string& headers) {
  FileVersion version;
  std::istringstream lines(headers);
  for (std::string line; std::getline(lines, line);) {
    if (line.ends_with('\r')) line.pop_back();
    if (line.starts_with("HTTP/")) version = {};
    const size_t colon = line.find(':');
    if (colon == std::string::npos) continue;
    std::string name = line.substr(0, colon);
    for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    const size_t value = line.find_first_not_of(' ', colon + 1);
    if (value == std::string::npos) continue;
    if (name == "etag") version.etag = line.substr(value);
    if (name == "last-modified") version.modified = line.substr(value);
  }
  std::tm time{};
  // The only form that a server may send today; the tool never sets a locale for times.
  if (::strptime(version.modified.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &time) != nullptr)
    version.seconds = std::max<int64_t>(0, ::timegm(&time));
  return version;
}

std::string trimmed_end(std::string text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back()))) text.pop_back();
  return text;
}

Error failed(const std::string& address, const Captured& done) {
  const std::string said = trimmed_end(done.err);
  const std::string cause =
      said.empty() ? "curl ended with exit code " + std::to_string(done.status.code) : said;
  const std::string hint =
      done.status.code == 60 || done.status.code == 77
          ? "let TRAINYARD_CA_BUNDLE name the file with your site's certificates"
          : "is the address right? A proxy is taken from https_proxy and http_proxy";
  return Error("downloading", shown_address(address), cause, hint, ExitCode::failed);
}

std::vector<std::string> curl_command(const fs::path& part, const fs::path& headers,
                                      const FileVersion& known) {
  // Nobody's ~/.curlrc changes what is downloaded.
  std::vector<std::string> argv = {"curl",
                                   "--disable",
                                   "--silent",
                                   "--show-error",
                                   "--fail",
                                   "--location",
                                   "--max-redirs",
                                   "10",
                                   "--proto",
                                   "=http,https",
                                   "--proto-redir",
                                   "=http,https",
                                   "--connect-timeout",
                                   "30",
                                   "--speed-limit",
                                   "1",
                                   "--speed-time",
                                   "60",
                                   "--retry",
                                   "2",
                                   "--globoff",
                                   "--output",
                                   part.string(),
                                   "--dump-header",
                                   headers.string(),
                                   "--write-out",
                                   "%{http_code}"};
  if (!known.etag.empty())
    argv.insert(argv.end(), {"--header", "If-None-Match: " + known.etag});
  else if (!known.modified.empty())
    argv.insert(argv.end(), {"--header", "If-Modified-Since: " + known.modified});
  const char* bundle = std::getenv("TRAINYARD_CA_BUNDLE");
  if (bundle != nullptr && *bundle != '\0') argv.insert(argv.end(), {"--cacert", bundle});
  argv.insert(argv.end(), {"--config", "-"});
  return argv;
}

/// The address as a line of a configuration, which comes by standard input: a password in it would
/// be in an argument for everybody to see.
std::string url_line(const std::string& address) {
  std::string quoted;
  for (const char c : address) {
    if (c == '\\' || c == '"') quoted += '\\';
    if (c == '\n')
      quoted += "\\n";
    else
      quoted += c;
  }
  return "url = \"" + quoted + "\"\n";
}

}  // namespace

std::string shown_address(const std::string& address) {
  const size_t host = address.find("://");
  if (host == std::string::npos) return address;
  const size_t end = std::min(address.find_first_of("/?#", host + 3), address.size());
  const size_t at = address.rfind('@', end);
  if (at == std::string::npos || at < host) return address;
  return address.substr(0, host + 3) + address.substr(at + 1);
}

std::string file_name_of(const std::string& address) {
  const size_t host = address.find("://");
  const size_t begin = address.find('/', host == std::string::npos ? 0 : host + 3);
  if (begin == std::string::npos) return "__unnamed__";
  std::string path = address.substr(begin, address.find_first_of("?#", begin) - begin);
  while (path.ends_with('/')) path.pop_back();
  const std::string name = path.substr(path.rfind('/') + 1);
  return name.empty() || name == "." || name == ".." ? "__unnamed__" : name;
}

std::optional<FileVersion> download(const std::string& address, const fs::path& target,
                                    const FileVersion& known) {
  if (find_program("curl").empty())
    throw Error("downloading", shown_address(address), "the program curl is not installed",
                "sudo apt-get install curl", ExitCode::machine);
  const fs::path part = fs::path(target).concat(".part");
  const fs::path headers = fs::path(target).concat(".headers");
  const Captured done = capture(curl_command(part, headers, known), {{}, url_line(address)});
  if (!done.status.success()) throw failed(address, done);
  if (done.out == "304" && !known.empty()) return std::nullopt;
  // An empty answer leaves no file.
  if (!fs::exists(part)) write_file_atomic(part, "");
  const FileVersion version = version_of(read_file(headers));
  fs::rename(part, target);
  return version;
}

}  // namespace trainyard::build
