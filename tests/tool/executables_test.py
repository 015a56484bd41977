"""EXECUTABLES images against what really happens when their programs start in a container: what the dynamic loader opens
there, what the C and C++ libraries look for, and which layer an edit changes."""
import json
import os
import platform
import re
import shutil
import subprocess
import tarfile

import support
from support import Case

LIBRARIES = f"/usr/lib/{platform.machine()}-linux-gnu"

CALLER = """#include <cstdio>
int %(call)s();
int main() { std::printf("%%d\\n", %(call)s()); }
"""


class ExecutableImage(Case):
    def setUp(self):
        super().setUp()
        if not shutil.which("g++"):
            self.skipTest("g++ is not installed")

    def compile(self, output, text, *options, folder="project"):
        """Compiles `text` in `folder`, where options may name files relatively, as every build folder does."""
        top = self.folder / folder
        (top / output).parent.mkdir(parents=True, exist_ok=True)
        source = os.path.basename(output) + ".cpp"
        (top / source).write_text(text)
        done = subprocess.run(["g++", "-O2", "-o", output, source, *options], cwd=top, capture_output=True, text=True,
                              check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return top / output

    def library(self, output, name, value, *options, call=None, folder="project"):
        """lib….so with the function `name`, which returns `value` and what `call` returns."""
        text = f"int {name}() {{ return {value}; }}\n"
        if call:
            text = f"int {call}();\nint {name}() {{ return {value} + {call}(); }}\n"
        return self.compile(output, text, "-shared", "-fPIC", f"-Wl,-soname,{os.path.basename(output)}", *options,
                            folder=folder)

    def image(self, *executables, name="img", libraries=(), code=0, folder="project", **members):
        """Builds an image from a spec; returns its manifest, or standard error when it must fail."""
        spec = {"schema": 1, "kind": "image", "name": name, "build_dir": str(self.folder / "build"),
                "executables": [str(path) for path in executables], "libraries": [str(path) for path in libraries],
                "project_folders": [str(self.folder / folder)], "tags": [name], **members}
        path = self.write(f"build/{name}.image.json", json.dumps(spec))
        base = str(path).removesuffix(".image.json")
        done = self.tool("build", "--spec", path, "--digest-file", base + ".digest", "--depfile", base + ".d",
                         "--stamp", base + ".stamp", code=code)
        if code:
            return done.stderr
        digest = (self.folder / "build" / f"{name}.digest").read_text().strip()
        manifest = json.loads(self.blob(digest).read_text())
        return dict(manifest, digest=digest)

    def blob(self, digest):
        return self.store / "blobs" / digest.replace(":", "/")

    def files(self, image):
        """path -> (layer's number, link's target or None, first bytes) of everything that is no folder"""
        found = {}
        for number, layer in enumerate(image["layers"]):
            with tarfile.open(self.blob(layer["digest"])) as tar:
                for entry in tar:
                    if not entry.isdir():
                        start = tar.extractfile(entry).read(4) if entry.isreg() else b""
                        found["/" + entry.name] = (number, entry.linkname if entry.issym() else None, start)
        return found

    def output(self, *words, name="img", options=(), code=0):
        return self.tool("run", *options, name, *words, code=code).stdout

    def opened(self, program, name="img"):
        """The libraries that the loader opens in the container, by its own account."""
        trace = self.tool("run", "-e", "LD_DEBUG=libs", name, program).stderr
        opened, attempt = set(), None
        for line in trace.splitlines():
            found = re.search(r"trying file=(\S+)", line)
            if found:
                attempt = found.group(1)
                continue
            if attempt and not re.search(r"search (path|cache)=", line):  # where it did not look further
                opened.add(attempt)
            attempt = None
            started = re.search(r"calling init: (/\S+)", line)
            if started:
                opened.add(started.group(1))
        return opened

    def check_against_loader(self, image, program, extra_files=()):
        """Nothing is missing, nothing is there that nobody opens."""
        files = self.files(image)

        def real(path):
            path = os.path.normpath(path)
            return real(files[path][1]) if files[path][1] else path

        executable = "/usr/local/bin/" + program
        opened = {real(path) for path in self.opened(program)} - {executable}
        there = {path for path, (_, link, _) in files.items() if not link}
        self.assertEqual(opened, there - {executable, "/etc/passwd", "/etc/group", *extra_files})


class Loading(ExecutableImage):
    def test_a_library_by_origin_and_one_that_it_needs(self):
        self.library("lib/deep/libb.so", "b", 2)
        self.library("lib/liba.so", "a", 1, "-Llib/deep", "-lb", "-Wl,-rpath,$ORIGIN/deep", call="b")
        train = self.compile("bin/train", CALLER % {"call": "a"}, "-Llib", "-la", "-Wl,-rpath-link,lib/deep",
                             "-Wl,-rpath,$ORIGIN/../lib")
        image = self.image(train)
        self.assertEqual(self.output(), "3\n")
        files = self.files(image)
        self.assertEqual([files[path][0] for path in ("/usr/local/bin/train", "/usr/local/lib/liba.so",
                                                      "/usr/local/lib/deep/libb.so", f"{LIBRARIES}/libc.so.6")],
                         [2, 1, 1, 0])
        self.check_against_loader(image, "train")

    def test_runpath_of_a_library_goes_before_the_rpath_of_the_executable(self):
        for folder, value in (("one", 10), ("two", 20)):
            self.library(f"{folder}/libb.so", "b", value)
        for tags, expected in (("-Wl,-rpath,$ORIGIN/two", "21\n"), ("-Wl,--as-needed", "11\n")):
            self.library("liba.so", "a", 1, "-Ltwo", "-lb", "-Wl,--enable-new-dtags", tags, call="b")
            train = self.compile("train", CALLER % {"call": "a"}, "-L.", "-la", "-Wl,-rpath-link,two",
                                 "-Wl,--disable-new-dtags", "-Wl,-rpath,$ORIGIN:$ORIGIN/one")
            image = self.image(train)
            self.assertEqual(self.output(), expected)
            self.check_against_loader(image, "train")

    def test_a_library_that_is_opened_by_name(self):
        self.library("deps/libdep.so", "dep", 40)
        plugin = self.library("plugins/libplugin.so", "plugin", 2, "-Ldeps", "-ldep", "-Wl,-rpath,$ORIGIN/../deps",
                              call="dep")
        train = self.compile("train", """#include <dlfcn.h>
#include <cstdio>
int main() {
  void* library = dlopen("libplugin.so", RTLD_NOW);
  if (!library) return std::puts(dlerror()), 1;
  std::printf("%d\\n", reinterpret_cast<int (*)()>(dlsym(library, "_Z6pluginv"))());
}
""", "-ldl")
        self.image(train, name="without")
        self.assertIn("libplugin.so", self.output(name="without", code=1))
        image = self.image(train, libraries=[plugin])
        self.assertEqual(self.output(), "42\n")
        self.check_against_loader(image, "train")

    def test_an_exception_from_one_library_is_caught_in_another(self):
        self.compile("libthrower.so", """#include <stdexcept>
void thrower() { throw std::runtime_error("thrown"); }
""", "-shared", "-fPIC", "-Wl,-soname,libthrower.so")
        self.compile("libcatcher.so", """#include <stdexcept>
#include <cstdio>
void thrower();
int catcher() { try { thrower(); } catch (const std::exception& e) { std::puts(e.what()); return 7; } return 0; }
""", "-shared", "-fPIC", "-Wl,-soname,libcatcher.so", "-L.", "-lthrower", "-Wl,-rpath,$ORIGIN")
        train = self.compile("train", CALLER % {"call": "catcher"}, "-L.", "-lcatcher", "-Wl,-rpath-link,.",
                             "-Wl,-rpath,$ORIGIN")
        image = self.image(train)
        self.assertEqual(self.output(), "thrown\n7\n")
        self.check_against_loader(image, "train")

    def test_a_build_with_the_address_sanitizer(self):
        train = self.compile("train", """#include <cstdio>
#include <cstdlib>
#include <vector>
int main(int count, char**) {
  std::vector<int> v(4, 3);
  std::printf("%d\\n", *(v.data() + (count > 1 ? 4 : 3)));
}
""", "-g", "-fsanitize=address")
        image = self.image(train)
        self.assertEqual(self.output(), "3\n")
        self.check_against_loader(image, "train")
        done = self.tool("run", "img", "train", "beyond", code=1)
        self.assertIn("heap-buffer-overflow", done.stderr)
        self.assertIn("train.cpp:6", done.stderr)

    def test_leaks_are_found(self):
        train = self.compile("train", """#include <cstdlib>
int main() { for (int i = 0; i < 9; ++i) { void* volatile p = std::malloc(77); p = nullptr; } }
""", "-g", "-fsanitize=address")
        self.image(train)
        done = self.tool("run", "img", code=None)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("LeakSanitizer: detected memory leaks", done.stderr)
        # A training has no capabilities at all; the sanitizer traces its own threads.
        done = self.train(self.write_run_spec(image="img", command=["train"]), code=None)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("LeakSanitizer: detected memory leaks", done.stdout + done.stderr)


class Data(ExecutableImage):
    def test_time_zones(self):
        text = """#include <cstdio>
#include <ctime>
int main() {
  const std::time_t noon = 1720785600;  // 2024-07-12 12:00 UTC
  std::tm local{};
  localtime_r(&noon, &local);
  std::printf("%d %s\\n", local.tm_hour, local.tm_zone);
}
"""
        image = self.image(self.compile("train", text))
        self.assertEqual(self.output(options=["-e", "TZ=Europe/Berlin"]), "14 CEST\n")
        self.assertEqual(self.output(options=["-e", "TZ=Asia/Kolkata"]), "17 IST\n")
        self.assertEqual(self.output(), "12 UTC\n")
        zones = [path for path in self.files(image) if path.startswith("/usr/share/zoneinfo/")]
        self.assertIn("/usr/share/zoneinfo/Europe/Berlin", zones)
        self.assertFalse([path for path in zones if path.split("/")[4] in ("posix", "right", "localtime")])
        self.assertLess(sum(layer["size"] for layer in image["layers"]), 10_000_000)

    def test_zones_of_a_static_executable_are_named(self):
        train = self.compile("train", """#include <cstdio>
#include <ctime>
int main() { std::time_t noon = 1720785600; std::printf("%d\\n", std::localtime(&noon)->tm_hour); }
""", "-static")
        self.image(train)
        self.assertEqual(self.output(options=["-e", "TZ=Europe/Berlin"]), "12\n")
        image = self.image(train, libraries=["/usr/share/zoneinfo/Europe"])
        self.assertEqual(self.output(options=["-e", "TZ=Europe/Berlin"]), "14\n")
        self.assertEqual({os.path.dirname(path) for path in self.files(image)},
                         {"/usr/local/bin", "/etc", "/usr/share/zoneinfo/Europe"})

    def test_the_project_library_that_needs_zones_brings_them(self):
        self.compile("libclock.so", "#include <ctime>\nint hour() { std::time_t t = 1720785600; "
                     "return std::localtime(&t)->tm_hour; }\n", "-shared", "-fPIC", "-Wl,-soname,libclock.so")
        self.image(self.compile("train", CALLER % {"call": "hour"}, "-L.", "-lclock", "-Wl,-rpath,$ORIGIN"))
        self.assertEqual(self.output(options=["-e", "TZ=America/New_York"]), "8\n")

    def test_locales(self):
        c = self.compile("c", """#include <clocale>
#include <cstdio>
#include <cwctype>
int main() {
  const char* chosen = std::setlocale(LC_ALL, "C.UTF-8");
  std::printf("%s %x\\n", chosen ? chosen : "none", static_cast<unsigned>(std::towupper(0xe4)));
}
""")
        cpp = self.compile("cpp", """#include <iostream>
#include <locale>
int main() {
  const std::locale chosen("C.UTF-8");
  std::cout << chosen.name() << ' ' << std::hex << int(std::toupper(L'\\u00e4', chosen)) << std::endl;
}
""")
        for program in (c, cpp):
            self.image(program)
            self.assertEqual(self.output(), "C.UTF-8 c4\n")

    def test_what_is_named_keeps_its_place(self):
        gconv = f"{LIBRARIES}/gconv"
        if not os.path.isdir(gconv):
            self.skipTest(f"this C library has no {gconv}")
        train = self.compile("train", """#include <iconv.h>
#include <cstdio>
int main() {
  iconv_t latin = iconv_open("UTF-8", "ISO-8859-15");
  if (latin == reinterpret_cast<iconv_t>(-1)) return std::puts("unknown"), 1;
  char euro[] = "\\xa4", text[8] = "", *from = euro, *to = text;
  size_t left = 1, room = sizeof text - 1;
  iconv(latin, &from, &left, &to, &room);
  std::puts(text);
}
""")
        self.image(train, name="without")
        self.output(name="without", code=1)
        self.image(train, libraries=[gconv])
        self.assertEqual(self.output(), "€\n")
        # One module by itself is at the path by which iconv opens it.
        image = self.image(train, libraries=[f"{gconv}/ISO8859-15.so"])
        self.assertIn(f"{gconv}/ISO8859-15.so", self.files(image))

    def test_data_without_a_place(self):
        train = self.compile("train", "int main() {}\n")
        data = self.write("project/data.csv", "1,2\n")
        told = self.image(train, libraries=[data], code=2)
        self.assertIn(str(data), told)
        self.assertIn("only below /usr, /etc and /opt", told)
        self.assertIn("INPUTS", told)
        self.assertIn("is a folder", self.image(train, libraries=[data.parent], code=2))
        self.assertIn("there is no such file", self.image(train, libraries=["/usr/share/none"], code=2))


class Layers(ExecutableImage):
    def project(self, folder, library_value=1, program_value=1):
        self.library("liba.so", "a", library_value, folder=folder)
        return self.compile("train", f"#include <cstdio>\nint a();\nint main() {{ std::printf(\"%d\\n\", {program_value} "
                            "+ a()); }\n", "-L.", "-la", "-Wl,-rpath,$ORIGIN", folder=folder)

    def layers(self, image):
        return [layer["digest"] for layer in image["layers"]]

    def test_an_edit_changes_only_its_layer(self):
        first = self.layers(self.image(self.project("project")))
        self.assertEqual(len(first), 3)
        code = self.layers(self.image(self.project("project", program_value=5)))
        self.assertEqual(self.output(), "6\n")
        self.assertEqual((code[:2], code[2] == first[2]), (first[:2], False))
        library = self.layers(self.image(self.project("project", library_value=7)))
        self.assertEqual(self.output(), "8\n")
        self.assertEqual((library[0], library[1] == first[1], library[2]), (first[0], False, first[2]))

    def test_two_build_folders_give_the_same_image(self):
        images = [self.image(self.project(folder), folder=folder) for folder in ("project", "elsewhere/deep/build")]
        self.assertEqual(images[0]["digest"], images[1]["digest"])

    def test_two_build_folders_of_cmake_give_the_same_image(self):
        if not shutil.which("cmake"):
            self.skipTest("cmake is not installed")
        self.write("src/CMakeLists.txt", """cmake_minimum_required(VERSION 3.25)
project(p CXX)
set(CMAKE_BUILD_RPATH_USE_ORIGIN ON)
add_library(a SHARED a.cpp)
add_executable(train train.cpp)
target_link_libraries(train PRIVATE a)
""")
        self.write("src/a.cpp", "int a() { return 4; }\n")
        self.write("src/train.cpp", CALLER % {"call": "a"})
        digests = set()
        for folder in ("one", "two/deeper"):
            for words in (["-S", "src", "-B", folder, "-DCMAKE_BUILD_TYPE=Release"], ["--build", folder]):
                subprocess.run(["cmake", *words], cwd=self.folder, check=True, capture_output=True)
            digests.add(self.image(self.folder / folder / "train", folder=folder)["digest"])
            self.assertEqual(self.output(), "4\n")
        self.assertEqual(len(digests), 1)

    def test_a_small_program_makes_a_small_image(self):
        image = self.image(self.compile("train", "#include <iostream>\nint main() { std::cout << \"hello\\n\"; }\n"))
        self.assertEqual(self.output(), "hello\n")
        self.assertLess(sum(layer["size"] for layer in image["layers"]), 10_000_000)
        self.check_against_loader(image, "train")

    def test_two_places_that_are_one_in_the_base(self):
        plugin = subprocess.run(["g++", "-print-file-name=liblto_plugin.so"], capture_output=True, text=True,
                                check=True).stdout.strip()
        if not os.path.isabs(plugin) or not plugin.startswith("/usr/"):
            self.skipTest("there is no library to take whose folder the loader does not search")
        root = support.make_busybox_root(self.folder / "root")
        (root / LIBRARIES[1:]).mkdir(parents=True)
        folder = root / os.path.dirname(plugin)[1:]
        folder.parent.mkdir(parents=True)
        folder.symlink_to(LIBRARIES)
        self.tool("import", "-t", "base", root)
        self.image(self.project("project"), libraries=[plugin], **{"from": "base"})
        self.assertEqual(self.output("head", "-c4", plugin), "\x7fELF")

    def test_links_of_the_base_are_followed(self):
        root = support.make_busybox_root(self.folder / "root")
        for name in ("lib", "lib64"):
            (root / "usr" / name).mkdir(parents=True)
            (root / name).symlink_to(f"usr/{name}")
        (root / "usr/lib/kept").write_text("kept\n")
        self.tool("import", "-t", "base", root)
        image = self.image(self.project("project"), **{"from": "base"})
        self.assertEqual(self.output("train"), "2\n")
        self.assertEqual(self.output("sh", "-c", "readlink /lib; readlink /lib64; cat /lib/kept; ls /lib64"),
                         "usr/lib\nusr/lib64\nkept\nld-linux-x86-64.so.2\n" if platform.machine() == "x86_64" else None)


if __name__ == "__main__":
    support.main()
