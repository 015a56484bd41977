#include "build/step_execution.hpp"

#include "base/error.hpp"
#include "store/layer_trees.hpp"

namespace trainyard::build {

namespace {

Json texts(const Trees& trees) {
  Json list = Json::array();
  for (const fs::path& tree : trees) list.push_back(tree.string());
  return list;
}

Json basic_request(const StepTask& task, const fs::path& tree) {
  return {{"parents", texts(task.parents)},
          {"work", task.session.fresh("work").string()},
          {"tree", tree.string()},
          {"single", task.session.single_ids()}};
}

fs::path adopt(const StepTask& task, const fs::path& tree) {
  BuildSession& session = task.session;
  return store::adopt_tree(session.store, session.engine, tree, store::new_layer_id());
}

/// From a folder: what was selected there, and what of it an earlier layer has already.
CopyNote request_selection(const StepTask& task, const CopyStep& copy, Json& request) {
  BuildSession& session = task.session;
  const fs::path& folder =
      copy.from == CopyStep::From::folder ? copy.folder : session.request.context;
  // A list of 20 000 files does not belong in a message.
  const fs::path list = session.fresh("selection");
  write_file_atomic(list, serialise(*task.selection));
  request["selection"] = list.string();
  // Without a context nothing lies there either.
  if (!copy.sources.empty() && copy.from != CopyStep::From::stage &&
      copy.from != CopyStep::From::image)
    request["root"] = folder.string();
  const CopyNote note{copy_note_key(copy, session.request, session.engine.id_map_class()),
                      session.fresh("placed")};
  request["placed"] = note.list.string();
  if (const auto twins = find_copy_twins(session.store, note.key)) {
    const fs::path file = session.fresh("twins");
    write_file_atomic(file, twins->list);
    request["twins"] = file.string();
    request["twin_tree"] = twins->tree.string();
  }
  return note;
}

MadeLayer execute_copy(const StepTask& task, const CopyStep& copy) {
  BuildSession& session = task.session;
  const fs::path tree = session.fresh("layer");
  Json request = basic_request(task, tree);
  request["destination"] = copy.destination;
  request["chown"] = copy.chown;
  request["chmod"] = copy.chmod;
  request["unpack"] = copy.unpack.value_or(copy.add);
  if (copy.link) request["parents"] = Json::array();
  std::optional<CopyNote> note;
  if (task.selection != nullptr) note = request_selection(task, copy, request);
  if (copy.from == CopyStep::From::stage || copy.from == CopyStep::From::image) {
    request["layers"] = texts(task.source);
    request["sources"] = copy.sources;
    copy.filter.add_to(request);
  }
  session.engine.call("build.copy", request);
  return {adopt(task, tree), std::move(note)};
}

std::optional<MadeLayer> execute_workdir(const StepTask& task, const WorkdirStep& workdir) {
  const fs::path tree = task.session.fresh("layer");
  Json request = basic_request(task, tree);
  request["path"] = workdir.path;
  request["user"] = workdir.user;
  const Json answer = task.session.engine.call("build.workdir", request);
  if (!answer.at("made").get<bool>()) return std::nullopt;
  return MadeLayer{adopt(task, tree), std::nullopt};
}

const char* type_name(PlacedFile::Type type) {
  switch (type) {
    case PlacedFile::Type::folder:
      return "folder";
    case PlacedFile::Type::link:
      return "link";
    case PlacedFile::Type::file:
      break;
  }
  return "file";
}

fs::path execute_files(const StepTask& task, const FilesStep& files) {
  const fs::path tree = task.session.fresh("layer");
  Json request = basic_request(task, tree);
  Json list = Json::array();
  for (const PlacedFile& file : files.files)
    list.push_back({{"type", type_name(file.type)},
                    {"target", file.target},
                    {"source", file.source.string()},
                    {"content", file.content},
                    {"mode", file.mode},
                    {"size", file.size},
                    {"xxh3", {file.xxh3.high, file.xxh3.low}}});
  request["files"] = std::move(list);
  task.session.engine.call("build.files", request);
  return adopt(task, tree);
}

/// What it merged is in the image as if one RUN had made all of it.
MadeLayer execute_squash(const StepTask& task) {
  const fs::path merged = task.session.fresh("merged");
  task.session.engine.call("build.squash",
                           {{"trees", texts(task.source)}, {"merged", merged.string()}});
  return {take_upper(task, merged).tree, std::nullopt};
}

std::optional<MadeLayer> execute(const StepTask& task) {
  if (const auto* run = std::get_if<RunStep>(&task.step.body)) return execute_run(task, *run);
  if (const auto* copy = std::get_if<CopyStep>(&task.step.body)) return execute_copy(task, *copy);
  if (const auto* workdir = std::get_if<WorkdirStep>(&task.step.body))
    return execute_workdir(task, *workdir);
  if (is_squash(task.step)) return execute_squash(task);
  return MadeLayer{execute_files(task, std::get<FilesStep>(task.step.body)), std::nullopt};
}

}  // namespace

std::optional<MadeLayer> execute_step(const StepTask& task) {
  try {
    return execute(task);
  } catch (const Error& error) {
    throw place_error(task.session.plan, task.step, error);
  }
}

std::string step_excerpt(const Plan& plan, const PlannedStep& step) {
  const size_t line = static_cast<size_t>(step.at.line);
  if (line < 1 || line > plan.source.lines.size()) return {};
  const std::string& text = plan.source.lines[line - 1];
  const int column = std::max(step.at.column, 1);
  const int length = std::max(1, static_cast<int>(text.size()) - column + 1);
  return render_excerpt({plan.source.name, step.at.line, column, length, text});
}

Error place_error(const Plan& plan, const PlannedStep& step, const Error& error) {
  const std::string excerpt = step_excerpt(plan, step);
  if (!error.excerpt().empty() || excerpt.empty()) return error;
  if (error.code() != ExitCode::usage)
    return Error(error.action(), error.subject(), error.cause(), error.hint(), error.code())
        .with_excerpt(excerpt);
  const std::string& line = plan.source.lines[static_cast<size_t>(step.at.line) - 1];
  return plan.source.error(step.at, error.action() + " " + error.subject() + ": " + error.cause(),
                           error.hint(), std::max(1, static_cast<int>(line.size())));
}

std::string digest_in_trees(BuildSession& session, const Trees& source,
                            const std::vector<std::string>& paths, const CopyFilter& filter) {
  Json request = {
      {"layers", texts(source)}, {"work", session.fresh("work").string()}, {"sources", paths}};
  filter.add_to(request);
  const Json answer = session.engine.call("build.digest", request);
  return answer.at("digest").get<std::string>();
}

}  // namespace trainyard::build
