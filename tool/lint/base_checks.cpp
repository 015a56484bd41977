#include <algorithm>

#include "base/spelling.hpp"
#include "build/expand_word.hpp"
#include "dockerfile/characters.hpp"
#include "dockerfile/expansion.hpp"
#include "lint/checks.hpp"
#include "lint/slim_image.hpp"
#include "oci/reference.hpp"

// What FROM names.

namespace trainyard::lint {

using build::BuildArguments;
using dockerfile::Dockerfile;
using dockerfile::Stage;
using dockerfile::Word;

namespace {

/// A word of FROM, expanded, and the variables that it looked at.
struct Looked {
  std::string text;
  std::set<std::string> found, unset;
};

std::optional<Looked> look(const Dockerfile& file, const Word& word,
                           const BuildArguments& arguments) {
  Looked looked;
  const auto lookup = [&](std::string_view name) {
    auto value = arguments.global(name);
    (value ? looked.found : looked.unset).emplace(name);
    return value;
  };
  try {
    looked.text = dockerfile::expand(word.text, file.escape, lookup).text;
    return looked;
  } catch (const Error&) {
    return std::nullopt;  // whoever needs the stage says so, with its place
  }
}

class BaseCheck {
 public:
  BaseCheck(const Dockerfile& file, const Surroundings& surroundings,
            const BuildArguments& arguments, Findings& findings)
      : file_(file), surroundings_(surroundings), arguments_(arguments), findings_(findings) {
    for (const auto& arg : file.global_args)
      for (const auto& declaration : arg.declarations) declared_.insert(declaration.name.text);
  }

  void run() {
    look_at_defaults();
    for (size_t i = 0; i < file_.stages.size(); ++i) {
      const Stage& stage = file_.stages[i];
      if (const auto image = look(file_, stage.from.image, arguments_)) {
        report_undeclared(stage.from.image, *image);
        look_at_image(stage, i, image->text);
      }
      if (stage.from.platform) look_at_platform(stage);
    }
  }

 private:
  void report_undeclared(const Word& word, const Looked& looked) {
    for (const std::string& name : looked.unset) {
      if (declared_.contains(name)) continue;
      std::vector<std::string> known(declared_.begin(), declared_.end());
      for (const std::string side : {"TARGET", "BUILD"})
        for (const std::string what : {"PLATFORM", "OS", "ARCH", "VARIANT"})
          known.push_back(side + what);
      const std::string near = nearest_word(name, known);
      findings_.add("UndefinedArgInFrom", word.at, word.text.size(),
                    "no ARG before the first FROM declares \"" + name + "\"",
                    near.empty() ? "write ARG " + name + "=default before the first FROM"
                                 : "did you mean \"" + near + "\"?");
    }
  }

  void look_at_defaults() {
    std::optional<BuildArguments> defaults;
    try {
      defaults.emplace(file_, std::vector<std::pair<std::string, std::string>>(),
                       surroundings_.platform, surroundings_.target);
    } catch (const Error&) {
      return;
    }
    for (const Stage& stage : file_.stages) {
      const Word& word = stage.from.image;
      if (word.text.find('$') == std::string::npos) continue;
      const auto image = look(file_, word, *defaults);
      if (!image) return;
      if (is_own_form(image->text)) continue;
      try {
        oci::Reference::parse(image->text);
      } catch (const Error&) {
        findings_.add(
            "InvalidDefaultArgInFrom", word.at, word.text.size(),
            "without build arguments \"" + word.text + "\" is " +
                (image->text.empty() ? "empty" : "\"" + image->text + "\", which names no image"),
            "give the ARG a default that names an image");
      }
    }
  }

  /// Names that only this tool knows.
  static bool is_own_form(const std::string& name) {
    return name.starts_with("oci:") || name.starts_with("digest-file:");
  }

  void look_at_platform(const Stage& stage) {
    const Word& word = *stage.from.platform;
    const auto looked = look(file_, word, arguments_);
    if (!looked) return;
    report_undeclared(word, *looked);
    if (looked->found == std::set<std::string>{"TARGETPLATFORM"} && looked->unset.empty() &&
        looked->text == arguments_.global("TARGETPLATFORM"))
      findings_.add("RedundantTargetPlatform", word.at, word.text.size(),
                    word.text + " is the platform that an image is built for anyway",
                    "leave --platform=" + word.text + " out");
    if (!looked->found.empty() || !looked->unset.empty()) return;
    try {
      const oci::Platform platform = oci::parse_platform(looked->text);
      const std::string& name = stage.from.name;
      const bool named = name.find(platform.os) != std::string::npos ||
                         name.find(platform.architecture) != std::string::npos;
      if (!named)
        findings_.add(
            "FromPlatformFlagConstDisallowed", word.at, word.text.size(),
            "the constant \"" + looked->text + "\" lets the stage be built for nothing else",
            "leave the flag out, write --platform=$BUILDPLATFORM for a stage of tools, or "
            "name the platform in the name of the stage");
    } catch (const Error&) {
      return;
    }
  }

  bool is_stage(const std::string& name, size_t before) const {
    for (size_t i = 0; i < before; ++i)
      if (file_.stages[i].from.name == dockerfile::lowered(name)) return true;
    return false;
  }

  void look_at_image(const Stage& stage, size_t index, const std::string& name) {
    if (name.empty() || name == "scratch" || is_stage(name, index) || is_own_form(name) ||
        surroundings_.contexts.contains(name))
      return;
    std::optional<oci::Reference> reference;
    try {
      reference = oci::Reference::parse(name);
    } catch (const Error&) {
      return;
    }
    const Word& word = stage.from.image;
    if (!reference->digest && reference->tag == "latest")
      findings_.add("LatestBaseImage", word.at, word.text.size(),
                    "\"" + name + "\" may be another image tomorrow",
                    "write the tag that you have tried, " + reference->name +
                        ":TAG, or its digest, " + reference->name + "@sha256:...");
    else if (!reference->digest)
      findings_.add("BaseImageWithoutDigest", word.at, word.text.size(),
                    "the tag \"" + reference->tag + "\" may be given to another image",
                    "write " + name + "@sha256:...");
    if (stands_below_the_last(index)) look_at_size(word, *reference);
  }

  /// Whether the image that is built in the end stands on this stage.
  bool stands_below_the_last(size_t index) const {
    size_t at = file_.stages.size() - 1;
    for (size_t i = at + 1; !surroundings_.target.empty() && i-- > 0;)
      if (file_.stages[i].from.name == dockerfile::lowered(surroundings_.target)) {
        at = i;
        break;
      }
    while (at > index) {
      const auto image = look(file_, file_.stages[at].from.image, arguments_);
      size_t below = at;
      for (size_t i = 0; image && i < at; ++i)
        if (file_.stages[i].from.name == dockerfile::lowered(image->text)) below = i;
      if (below == at) return false;
      at = below;
    }
    return at == index;
  }

  void look_at_size(const Word& word, const oci::Reference& reference) {
    const std::string slim = slim_image_of(reference);
    if (slim.empty() || compiles()) return;
    findings_.add("FatBaseImage", word.at, word.text.size(),
                  "\"" + word.text + "\" holds compilers and headers that no step here uses",
                  "write FROM " + slim);
  }

  /// Whether some step needs what the large images have. Rather too often than too rarely.
  bool compiles() const {
    for (const std::string& line : file_.lines)
      for (const char* word :
           {"gcc", "g++", "make", "nvcc", "cargo", "build-essential", "setup.py", "ninja", "git+",
            "flash-attn", "meson", "go build", "apex", "javac", "mvn", "gradle", "node-gyp"})
        if (line.find(word) != std::string::npos) return true;
    return false;
  }

  const Dockerfile& file_;
  const Surroundings& surroundings_;
  const BuildArguments& arguments_;
  Findings& findings_;
  std::set<std::string> declared_;
};

}  // namespace

void check_bases(const Dockerfile& file, const Surroundings& surroundings,
                 const BuildArguments& arguments, Findings& findings) {
  BaseCheck(file, surroundings, arguments, findings).run();
}

}  // namespace trainyard::lint
