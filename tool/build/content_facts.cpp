#include "build/content_facts.hpp"

#include "base/sha256.hpp"
#include "store/step_records.hpp"

namespace trainyard::build {

namespace {

constexpr const char* k_content = "content";  ///< the kind of fact

std::string fact_key(const BuildSession& session, const std::string& chain,
                     const std::vector<std::string>& paths, const CopyFilter& filter) {
  Json key = {{"schema", 1}, {"chain", chain}, {"paths", paths}};
  filter.add_to(key);
  if (session.single_ids()) key["id_map"] = "single";  // owners are a part of the content
  return sha256_hex(canonical_json(key));
}

}  // namespace

std::optional<std::string> find_content_fact(const BuildSession& session, const std::string& chain,
                                             const std::vector<std::string>& paths,
                                             const CopyFilter& filter) {
  return store::find_fact(session.store, k_content, fact_key(session, chain, paths, filter));
}

void put_content_fact(const BuildSession& session, const std::string& chain,
                      const std::vector<std::string>& paths, const CopyFilter& filter,
                      const std::string& digest) {
  store::put_fact(session.store, k_content, fact_key(session, chain, paths, filter), digest);
}

}  // namespace trainyard::build
