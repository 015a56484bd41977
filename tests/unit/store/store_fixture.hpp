#pragma once

#include <sys/stat.h>

#include <boost/test/unit_test.hpp>
#include <cerrno>
#include <functional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/file.hpp"
#include "store/images.hpp"
#include "store/layer_trees.hpp"
#include "store/store.hpp"

namespace trainyard::store {

/// Runs jobs here and now, and counts them.
class LocalRunner : public JobRunner {
 public:
  Json call(const std::string& job, const Json& request) override {
    ++calls;
    return layer_jobs().at(job)(request);
  }
  int calls = 0;
};

/// Does something else before each job, as another process may.
class InterruptedRunner : public JobRunner {
 public:
  InterruptedRunner(JobRunner& runner, std::function<void(const std::string& job)> meanwhile)
      : runner_(runner), meanwhile_(std::move(meanwhile)) {}
  Json call(const std::string& job, const Json& request) override {
    meanwhile_(job);
    return runner_.call(job, request);
  }

 private:
  JobRunner& runner_;
  std::function<void(const std::string& job)> meanwhile_;
};

/// Fails in one job as on a full disk.
class FailingRunner : public LocalRunner {
 public:
  explicit FailingRunner(std::string job) : job_(std::move(job)) {}
  Json call(const std::string& job, const Json& request) override {
    if (job == job_) throw system_error("writing", "/disk", ENOSPC);
    return LocalRunner::call(job, request);
  }

 private:
  std::string job_;
};

struct StoreFixture {
  TemporaryDirectory folder;
  Store store = Store::open(folder.path() / "store");
  LocalRunner runner;

  /// A tree with one file, adopted as a layer.
  fs::path make_tree(const std::string& file, const std::string& content) {
    const fs::path tree = store.tmp() / ("made-" + random_name(6));
    write_file_atomic(tree / file, content);
    ::chmod(tree.c_str(), 0755);
    return adopt_tree(store, runner, tree, new_layer_id());
  }

  oci::LayerTar make_layer(const std::string& file, const std::string& content) {
    return store_layer(store, runner, make_tree(file, content));
  }

  Image make_image(const std::vector<oci::LayerTar>& layers, const std::vector<std::string>& tags,
                   const std::string& user = "") {
    oci::ImageConfig config;
    config.platform = oci::host_platform();
    config.config.user = user;
    std::vector<uint64_t> sizes;
    for (const oci::LayerTar& layer : layers) {
      config.diff_ids.push_back(layer.diff_id);
      sizes.push_back(layer.size);
      oci::HistoryEntry history;
      history.created = oci::k_constant_time;
      history.created_by = "COPY";
      config.history.push_back(history);
    }
    std::vector<oci::Reference> references;
    for (const std::string& tag : tags) references.push_back(oci::Reference::parse(tag));
    return put_image(store, config, sizes, references);
  }
};

/// Puts other bytes into a file, without the atomicity that would make it a new one.
inline void spoil(const fs::path& path, size_t keep) {
  std::string text = read_file(path);
  text.resize(keep);
  write_file_atomic(path, text);
}

/// The text that main() would print; empty when nothing is thrown.
template <class Action>
std::string complaint_of(Action action) {
  try {
    action();
  } catch (const Error& error) {
    return error.render();
  }
  return {};
}

inline bool holds_text(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace trainyard::store
