#include <cstdlib>
#include <fstream>
#include <iterator>

#include "build/planner.hpp"
#include "build_fixture.hpp"

// What a person is told about each kind of mistake in a Dockerfile: mistakes.txt holds the
// Dockerfiles and the whole messages. TRAINYARD_TEST_UPDATE=1 writes the messages anew, to be read.

using namespace trainyard;
using namespace trainyard::build;
using namespace trainyard::build::testing;

namespace {

/// == name
/// <Dockerfile>, in which \xNN is a byte
/// -- expected
/// <message>, in which bytes beyond ASCII are \xNN too
struct Mistake {
  std::string name, text, message;
};

std::vector<Mistake> read_mistakes(const std::string& path) {
  std::ifstream file(path);
  std::vector<Mistake> mistakes;
  bool in_message = false;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("== ")) {
      mistakes.push_back({line.substr(3), "", ""});
      in_message = false;
    } else if (line == "-- expected") {
      in_message = true;
    } else if (!mistakes.empty()) {
      (in_message ? mistakes.back().message : mistakes.back().text) += line + "\n";
    }
  }
  return mistakes;
}

void write_mistakes(const std::string& path, const std::vector<Mistake>& mistakes) {
  std::ofstream file(path);
  for (const Mistake& mistake : mistakes)
    file << "== " << mistake.name << "\n" << mistake.text << "-- expected\n" << mistake.message;
}

std::string with_bytes(const std::string& text) {
  std::string result;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool escaped = text.compare(i, 2, "\\x") == 0 && i + 3 < text.size();
    result += escaped ? static_cast<char>(std::stoi(text.substr(i + 2, 2), nullptr, 16)) : text[i];
    if (escaped) i += 3;
  }
  return result;
}

std::string in_ascii(const std::string& text) {
  static constexpr const char* digits = "0123456789abcdef";
  std::string result;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80)
      result += c;
    else
      result += std::string("\\x") + digits[byte >> 4] + digits[byte & 15];
  }
  return result;
}

struct Fixture : BuildFixture {
  Fixture() {
    oci::ImageConfig config;
    config.platform = oci::host_platform();
    store::put_image(store, config, {}, {oci::Reference::parse("base")});
  }
  std::string message_of(const std::string& text) {
    try {
      BuildRequest request;
      request.context = context;
      BaseImages images(store, *engine);
      make_plan(dockerfile::parse_dockerfile(text, "Dockerfile"), request, images,
                oci::host_platform());
    } catch (const Error& error) {
      BOOST_TEST((error.code() == ExitCode::usage));
      return error.render();
    }
    return "no error\n";
  }
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(each_kind_of_mistake_is_explained, Fixture) {
  std::vector<Mistake> mistakes = read_mistakes(MISTAKES);
  BOOST_TEST(mistakes.size() >= 60u);
  const bool update = std::getenv("TRAINYARD_TEST_UPDATE") != nullptr;
  for (Mistake& mistake : mistakes) {
    BOOST_TEST_CONTEXT(mistake.name) {
      const std::string message = in_ascii(message_of(with_bytes(mistake.text)));
      if (update) mistake.message = message;
      BOOST_TEST(message == mistake.message);
      BOOST_TEST(message != "no error\n");
    }
  }
  if (update) write_mistakes(MISTAKES, mistakes);
}
