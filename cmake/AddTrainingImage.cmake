include_guard(GLOBAL)
include("${CMAKE_CURRENT_LIST_DIR}/private/_training_arguments.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/private/_training_image.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/private/_training_origin.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/private/_training_paths.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/private/_training_references.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/private/_training_spec_text.cmake")

#[=======================================================================[.rst:
add_training_image
------------------

Adds a container image as a target::

  add_training_image(<name>
    DOCKERFILE <file> | STEPS <instruction>... | EXECUTABLES <target>... [LIBRARIES <file>...] [FROM <image>]
    [CONTEXT <dir>] [CONTEXTS <name>=<dir|image>...] [BUILD_ARGS <K=V>...] [STAGE <stage>]
    [SECRETS id=<id>,src=<file>...] [SSH <id>[=<socket|key>]...] [ALLOW <entitlement>...]
    [PLATFORM <os/arch>] [NO_CACHE_FILTER <stage>...] [SQUASH <stage>...] [KEEP_MODES] [LABELS <K=V>...]
    [NETWORK default|none|host] [ADD_HOSTS <name:address>...] [SHM_SIZE <size>]
    [TAGS <ref>...] [SOURCES <file>...] [DEPENDS <target|file>...])

``DOCKERFILE <file>``
  The image is what this Dockerfile says.
``STEPS <instruction>...``
  The same inline, one Dockerfile instruction a string. They are written to ``<name>.Dockerfile``.
``EXECUTABLES <target>...``
  The image holds these executables of the project in ``/usr/local/bin`` with the shared libraries that they
  need and nothing else. They and the project's libraries that they link get ``BUILD_RPATH_USE_ORIGIN``.
``LIBRARIES <file>...``
  Libraries that an executable opens with ``dlopen``; ``$<TARGET_FILE:plugin>`` for one of the project. Also data
  that it opens by a path below ``/usr``, ``/etc`` or ``/opt``, as files or folders, which keep their place. Time
  zones and the locale ``C.UTF-8`` are found without this when the executable uses them.
``FROM <image>``
  What lies below the executables: an image target or a pinned reference; nothing by default.
``CONTEXT <dir>``
  The folder that ``COPY`` reads; the current source folder by default. ``EXECUTABLES`` has none.
``CONTEXTS <name>=<dir|image>...``
  Named contexts: what ``FROM <name>`` and ``COPY --from=<name>`` mean. A folder, ``oci:<layout>[:tag]``, an
  image target or a pinned reference. A name that is both, a target and a folder, is the target. Also the address of
  a git repository (``https://host/name.git#ref:folder``) or of a tar, ``docker-image://<name>`` and
  ``oci-layout://<absolute path>[:tag][@digest]``: the build graph does not see when a server changes.
``BUILD_ARGS <K=V>...``
  Values of the Dockerfile's ``ARG`` s.
``SECRETS id=<id>,src=<file>...``
  What ``RUN --mount=type=secret,id=<id>`` sees, and nothing else does: no layer, history, key or log. ``env=<variable>``
  instead of ``src`` takes it from the environment of the build. A new content builds nothing again, unless
  ``key=true`` says that it counts.
``SSH <id>[=<socket|key>]...``
  What ``RUN --mount=type=ssh,id=<id>`` leads to: ``default`` is the agent of ``SSH_AUTH_SOCK``.
``ALLOW <entitlement>...``
  ``security.insecure`` lets the Dockerfile say ``RUN --security=insecure``, ``device`` any ``RUN --device=<name>``,
  ``device=<name>`` that one.
``PLATFORM <os/arch>``
  What the image is for; this machine by default. Stages ``FROM --platform=$BUILDPLATFORM`` run here as they are,
  ``RUN`` in the others needs an emulator that the kernel knows (``qemu-user-static``).
``NO_CACHE_FILTER <stage>...``
  Stages whose steps are made in every build of the target, even when nothing changed.
``SQUASH <stage>...``
  Stages, by name or number from 0, whose layers become one; ``FROM`` and what lies below it stay as they are.
``KEEP_MODES``
  ``COPY`` from folders keeps all bits of modes. Without it a file is 0644, or 0755 when its owner may execute it,
  and a folder 0755, so that the image does not depend on the umask of who checked the files out.
``LABELS <K=V>...``
  Labels of the image, beside those that the Dockerfile sets.
``NETWORK default|none|host``
  The network of a ``RUN`` that does not say one.
``ADD_HOSTS <name:address>...``
  Names that ``RUN`` steps know beside those of the network.
``SHM_SIZE <size>``
  The size of ``/dev/shm`` in ``RUN`` steps, such as ``1g``.
``STAGE <stage>``
  The stage to build; the last by default.
``TAGS <ref>...``
  Names that the finished image gets in the store.
``SOURCES <file>...``
  Files to show in an IDE beside the Dockerfile.
``DEPENDS <target|file>...``
  What has to be made before. What the image reads from its context is found without this.

The target is an ``INTERFACE`` library that is not part of ``all``: build it by name, name it in ``IMAGE``,
``FROM``, ``CONTEXTS`` and ``DEPENDS``, install and export it. ``TRAINING_IMAGE_DIGEST_FILE`` is the file that
holds the image's digest, touched only when the digest changes. ``TRAINING_IMAGE_REFERENCE`` is the first of
``TAGS``; it is exported, and is how another project finds the image in the store.

Generator expressions work in every value. An argument that one of them makes a list is expanded.
A value that looks like a misspelt keyword is refused; write ``$<1:OUTPUT>`` if ``OUTPUT`` is what you mean.
#]=======================================================================]
function(add_training_image name)
  set(command add_training_image)
  _training_pack_arguments(packed 1)
  _training_parse_arguments(${command} "${name}" "${packed}" "KEEP_MODES" "DOCKERFILE;FROM;CONTEXT;STAGE;PLATFORM;NETWORK;SHM_SIZE"
    "STEPS;EXECUTABLES;LIBRARIES;CONTEXTS;BUILD_ARGS;SECRETS;SSH;ALLOW;NO_CACHE_FILTER;SQUASH;LABELS;ADD_HOSTS;TAGS;SOURCES;DEPENDS")
  _training_image_form(form "${name}")
  _training_path_list(sources ${command} "${name}" SOURCES "${arg_SOURCES}")
  _training_path_list(depends ${command} "${name}" DEPENDS "${arg_DEPENDS}")
  _training_check_pairs(${command} "${name}" BUILD_ARGS "${arg_BUILD_ARGS}")
  _training_check_pairs(${command} "${name}" LABELS "${arg_LABELS}")

  _training_output_folder(folder)
  _training_add_image_target("${name}" "${folder}" "${arg_TAGS}" "${sources}")
  foreach(dependency IN LISTS depends)
    _training_defer(_training_resolve_dependency "${name}" "${dependency}")
  endforeach()

  set(spec "")
  set(from_targets "")
  _training_spec_member(spec ${command} "${name}" build_dir STRING "${CMAKE_BINARY_DIR}")
  if(form STREQUAL "EXECUTABLES")
    _training_image_executables(spec depends from_targets "${name}" "${folder}" "${arg_EXECUTABLES}"
                                "${arg_LIBRARIES}" "${arg_FROM}")
  else()
    _training_image_dockerfile(spec depends "${name}" "${folder}" "${arg_DOCKERFILE}" "${arg_STEPS}")
    _training_image_context(spec "${name}" "${arg_CONTEXT}")
    _training_spec_member(spec ${command} "${name}" stage STRING "${arg_STAGE}")
    _training_spec_member(spec ${command} "${name}" build_args PAIRS "${arg_BUILD_ARGS}")
    _training_image_secrets(spec "${name}" "${arg_SECRETS}")
    _training_spec_member(spec ${command} "${name}" ssh VALUES "${arg_SSH}")
    _training_spec_member(spec ${command} "${name}" allow VALUES "${arg_ALLOW}")
    _training_spec_member(spec ${command} "${name}" platform STRING "${arg_PLATFORM}")
    _training_spec_member(spec ${command} "${name}" no_cache_filter VALUES "${arg_NO_CACHE_FILTER}")
    _training_spec_member(spec ${command} "${name}" squash VALUES "${arg_SQUASH}")
    if(arg_KEEP_MODES)
      string(APPEND spec ",\n  \"keep_modes\": true")
    endif()
    _training_spec_member(spec ${command} "${name}" network STRING "${arg_NETWORK}")
    _training_spec_member(spec ${command} "${name}" hosts VALUES "${arg_ADD_HOSTS}")
    _training_spec_member(spec ${command} "${name}" shm_size STRING "${arg_SHM_SIZE}")
  endif()
  _training_image_contexts(spec "${name}" "${arg_CONTEXTS}" "${from_targets}")
  _training_spec_member(spec ${command} "${name}" labels PAIRS "${arg_LABELS}")
  _training_spec_member(spec ${command} "${name}" tags VALUES "${arg_TAGS}")
  _training_write_spec("${folder}/${name}.image.json" "${name}" image "${name}" "${spec}")

  _training_tool_command(tool ${command} "${name}" build)
  set(files "${folder}/${name}")
  _training_add_edge("${name}" STAMP "${files}.stamp" BYPRODUCT "${files}.digest" DEPFILE "${files}.d"
    COMMENT "Building image ${name}"
    COMMAND ${tool} --spec "${files}.image.json" --digest-file "${files}.digest" --depfile "${files}.d"
            --stamp "${files}.stamp"
    DEPENDS "${files}.image.json" ${depends})
endfunction()
