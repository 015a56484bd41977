#include "build/build_session.hpp"

#include <algorithm>
#include <csignal>

namespace trainyard::build {

void Cancellation::check() const {
  if (stopped_) throw Stopped{};
}

void Cancellation::cancel() {
  stopped_ = true;
  const std::lock_guard lock(mutex_);
  for (engine::Container* container : containers_) container->signal(SIGKILL);
}

void Cancellation::add(engine::Container& container) {
  const std::lock_guard lock(mutex_);
  check();
  containers_.insert(&container);
}

void Cancellation::remove(engine::Container& container) {
  const std::lock_guard lock(mutex_);
  containers_.erase(&container);
}

fs::path BuildSession::fresh(std::string_view prefix) {
  const std::lock_guard lock(mutex);
  if (!work) work.emplace(store);
  return work->fresh(prefix);
}

void BuildSession::warn(const std::string& text) {
  const std::lock_guard lock(mutex);
  if (std::find(warnings.begin(), warnings.end(), text) == warnings.end()) warnings.push_back(text);
}

}  // namespace trainyard::build
