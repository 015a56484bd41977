#include "build/web_file.hpp"

#include "base/error.hpp"
#include "base/json.hpp"
#include "base/sha256.hpp"
#include "store/step_records.hpp"

namespace trainyard::build {

namespace {

constexpr const char* k_downloads = "downloads";  ///< the kind of fact

std::string fact_key(const std::string& address) {
  return sha256_hex("download 1\n" + address);
}

std::string fact_text(const FileVersion& version, const std::string& sha256) {
  return canonical_json({{"etag", version.etag},
                         {"modified", version.modified},
                         {"seconds", version.seconds},
                         {"sha256", sha256}});
}

void get(const store::Store& store, const std::string& address, const FreshPath& fresh,
         const FileVersion& known, WebFile& file) {
  const fs::path target = fresh();
  const auto version = download(address, target, known);
  if (!version) return;
  file = {*version, sha256_hex_of_file(target), target};
  store::put_fact(store, k_downloads, fact_key(address), fact_text(file.version, file.sha256));
}

}  // namespace

WebFile look_at_web_file(const store::Store& store, const std::string& address,
                         const FreshPath& fresh, const std::string& wanted) {
  WebFile file;
  const auto fact = store::find_fact(store, k_downloads, fact_key(address));
  if (fact) {
    const Json json = Json::parse(*fact);
    file.version = {json.at("etag"), json.at("modified"), json.at("seconds")};
    file.sha256 = json.at("sha256");
  }
  const bool settled = fact && wanted == file.sha256;
  if (!settled) {
    const FileVersion known = file.version;
    get(store, address, fresh, known, file);
  }
  if (!wanted.empty() && wanted != file.sha256)
    throw Error("downloading", shown_address(address),
                "its checksum is sha256:" + file.sha256 + ", not sha256:" + wanted,
                "has the file changed? Then look at what changed before you take the new checksum",
                ExitCode::failed);
  return file;
}

void fetch_web_file(const store::Store& store, const std::string& address, const FreshPath& fresh,
                    WebFile& file) {
  const std::string expected = file.sha256;
  get(store, address, fresh, {}, file);
  if (file.sha256 != expected)
    throw Error("downloading", shown_address(address), "it changed while the image was being built",
                "build again", ExitCode::failed);
}

}  // namespace trainyard::build
