#include "checking.hpp"
#include "lint/slim_image.hpp"

// The rules beyond the published ones.

using namespace lint_test;

namespace {

/// Of a RUN, its line being 2, in a stage without other findings.
Strings of_run(const std::string& run) {
  return found("FROM scratch\nRUN " + run);
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_base_image_that_moves_is_reported) {
  BOOST_TEST((found("FROM ubuntu") == Strings{"LatestBaseImage 1:6"}));
  BOOST_TEST((found("FROM lab/ubuntu:latest") == Strings{"LatestBaseImage 1:6"}));
  BOOST_TEST((found("FROM ubuntu:24.04") == Strings{"BaseImageWithoutDigest 1:6?"}));
  const std::string digest(64, 'a');
  BOOST_TEST(found("FROM ubuntu@sha256:" + digest + " AS b\nFROM b\nFROM scratch").empty());
  auto known = surroundings();
  known.contexts = {"trainer"};
  BOOST_TEST(found("FROM trainer", known).empty());
}

BOOST_AUTO_TEST_CASE(a_large_base_image_of_the_last_stage_is_reported) {
  const std::string digest = "@sha256:" + std::string(64, 'a');
  BOOST_TEST((found("FROM python:3.12" + digest) == Strings{"FatBaseImage 1:6?"}));
  BOOST_TEST(
      (found("FROM python:3.12" + digest + " AS a\nFROM a") == Strings{"FatBaseImage 1:6?"}));
  BOOST_TEST(
      found("FROM python:3.12" + digest + " AS a\nFROM scratch\nCOPY --from=a /x /x").empty());
  BOOST_TEST(found("FROM python:3.12" + digest + "\nRUN make install").empty());
}

BOOST_AUTO_TEST_CASE(small_editions_of_well_known_images_are_known) {
  const auto slim = [](const char* name) {
    return trainyard::lint::slim_image_of(trainyard::oci::Reference::parse(name));
  };
  BOOST_TEST(slim("python:3.12") == "python:3.12-slim");
  BOOST_TEST(slim("docker.io/library/python:3.12-bookworm") ==
             "docker.io/library/python:3.12-slim-bookworm");
  BOOST_TEST(slim("python") == "python:slim");
  BOOST_TEST(slim("node:22-bookworm") == "node:22-bookworm-slim");
  BOOST_TEST(slim("debian:12") == "debian:12-slim");
  BOOST_TEST(slim("nvidia/cuda:12.4.1-cudnn-devel-ubuntu22.04") ==
             "nvidia/cuda:12.4.1-cudnn-runtime-ubuntu22.04");
  for (const char* name : {"python:3.12-slim", "python:3.12-alpine", "ubuntu:24.04", "lab/python:3",
                           "nvidia/cuda:12.4.1-base-ubuntu22.04"})
    BOOST_TEST(slim(name).empty(), name);
}

BOOST_AUTO_TEST_CASE(apt_is_looked_at) {
  const std::string clean = " && rm -rf /var/lib/apt/lists/*";
  BOOST_TEST(
      of_run("apt-get update && apt-get install -y git=1:2.39 && rm -rf /var/lib/apt/lists/*")
          .empty());
  BOOST_TEST(
      (of_run("apt-get update && apt-get install -y git=1 ") == Strings{"AptListsLeft 2:5"}));
  BOOST_TEST((of_run("apt-get update") == Strings{"AptUpdateAlone 2:5"}));
  BOOST_TEST(
      (of_run("apt-get update && apt-get install git=1" + clean) == Strings{"AptWithoutYes 2:23"}));
  BOOST_TEST(of_run("apt-get update -qq && apt-get install -qqy git=1" + clean).empty());
  BOOST_TEST((of_run("apt-get update && \\\n  apt-get install -y \\\n    git \\\n    curl=7" +
                     clean) == Strings{"UnpinnedAptPackage 4:5?"}));
  BOOST_TEST(of_run("apt-get install -y ./x.deb $PACKAGES").empty());
}

BOOST_AUTO_TEST_CASE(pip_is_looked_at) {
  BOOST_TEST((of_run("pip install --no-cache-dir torch 'numpy>=2'") ==
              Strings{"UnpinnedPipPackage 2:32"}));
  BOOST_TEST((of_run("python3 -m pip install --no-cache-dir torch") ==
              Strings{"UnpinnedPipPackage 2:43"}));
  BOOST_TEST((of_run("pip install torch==2.5.1") == Strings{"PipCacheLeft 2:5?"}));
  BOOST_TEST(of_run("uv pip install torch==2.5.1").empty());
  for (const char* what :
       {"-r requirements.txt", "-e .", ".", "./dist/x.whl", "-U pip setuptools",
        "git+https://e.org/a@v1", "torch -c constraints.txt", "--index-url https://e.org torch==1"})
    BOOST_TEST(of_run(std::string("pip install --no-cache-dir ") + what).empty(), what);
  BOOST_TEST(found("FROM scratch\nENV PIP_NO_CACHE_DIR=1\nRUN pip install torch==2.5.1").empty());
  BOOST_TEST(of_run("[\"pip\", \"install\", \"torch\"]").empty());
}

BOOST_AUTO_TEST_CASE(permissions_of_what_was_copied_are_reported) {
  BOOST_TEST((found("FROM scratch\nCOPY a /app/a\nRUN true && chmod -R 755 /app") ==
              Strings{"PermissionsAfterCopy 3:13"}));
  BOOST_TEST(mend_of("FROM scratch\nADD a /app/\nRUN chown -R u:g /app") ==
             "write ADD --chown=u:g there instead");
  BOOST_TEST(found("FROM scratch\nCOPY a /app/a\nRUN chmod 755 /usr/bin/x /application").empty());
  BOOST_TEST(found("FROM scratch\nRUN chmod 755 /app\nCOPY a /app/a").empty());
  BOOST_TEST(found("FROM scratch\nCOPY . /\nRUN chmod 755 /usr/bin/x").empty());
}

BOOST_AUTO_TEST_CASE(packages_that_are_installed_after_all_files_are_reported) {
  const std::string install = "RUN pip install --no-cache-dir -r requirements.txt";
  BOOST_TEST((found("FROM scratch\nCOPY . .\n" + install) == Strings{"CopyBeforeInstall 3:5?"}));
  BOOST_TEST(found("FROM scratch\nCOPY requirements.txt .\n" + install + "\nCOPY . .").empty());
}

BOOST_AUTO_TEST_CASE(texts_of_the_form_of_a_secret_are_reported_everywhere) {
  const std::string token = "ghp_" + std::string("0123456789abcdefghijABCDEFGHIJ012345");
  BOOST_TEST((published("FROM scratch\nRUN git clone https://x:" + token + "@e.org/a") ==
              Strings{"SecretValue 2:23"}));
  BOOST_TEST((published("# " + token + "\nFROM scratch") == Strings{"SecretValue 1:3"}));
}

BOOST_AUTO_TEST_CASE(advice_does_not_come_with_builds) {
  BOOST_TEST(published("FROM ubuntu\nCOPY . .\nRUN apt-get update\nRUN pip install torch").empty());
}

BOOST_AUTO_TEST_CASE(a_script_that_goes_on_after_a_failure_is_reported) {
  BOOST_TEST(
      (published("FROM scratch\nRUN <<EOF\na\nb\nEOF") == Strings{"HeredocWithoutErrexit 2:5"}));
  BOOST_TEST((published("FROM scratch\nRUN <<EOF\n#!/bin/bash\na\nb\nEOF") ==
              Strings{"HeredocWithoutErrexit 2:5"}));
  for (const char* text :
       {"RUN <<EOF\nset -eux\na\nb\nEOF", "RUN <<EOF\nset -o errexit\na\nb\nEOF",
        "RUN <<EOF\na\nEOF", "RUN <<EOF\na && \\\nb\nEOF",
        "RUN <<EOF\n#!/usr/bin/env python3\na\nb\nEOF", "RUN <<EOF\n#!/bin/sh -e\na\nb\nEOF",
        "SHELL [\"/bin/bash\", \"-ec\"]\nRUN <<EOF\na\nb\nEOF", "RUN cat <<EOF > /x\na\nb\nEOF"})
    BOOST_TEST(published(std::string("FROM scratch\n") + text).empty(), text);
}

BOOST_AUTO_TEST_CASE(scripts_are_read_and_other_here_documents_are_not) {
  BOOST_TEST((found("FROM scratch\nRUN <<EOF\nset -e\napt-get update\nEOF") ==
              Strings{"AptUpdateAlone 4:1"}));
  BOOST_TEST(found("FROM scratch\nRUN cat <<EOF > /x\napt-get update\nEOF").empty());
  BOOST_TEST(found("FROM scratch\nRUN <<EOF\n#!/usr/bin/env python3\napt-get update\nEOF").empty());
}

BOOST_AUTO_TEST_CASE(variables_in_files_of_here_documents_count) {
  BOOST_TEST(
      (published("FROM scratch\nCOPY <<a <<'b' /\n$x\na\n$y\nb") == Strings{"UndefinedVar 3:1"}));
}
