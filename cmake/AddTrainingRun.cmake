include_guard(GLOBAL)
include("${CMAKE_CURRENT_LIST_DIR}/private/_training_arguments.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/private/_training_gpus.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/private/_training_paths.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/private/_training_references.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/private/_training_run.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/private/_training_spec_text.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/private/_training_tool.cmake")

#[=======================================================================[.rst:
add_training_run
----------------

Adds a training run as a target: a command executed in an image, with declared inputs and outputs::

  add_training_run(<name> IMAGE <image> COMMAND <arg>...
    [INPUTS [<key>=]<path|run>...] [OUTPUTS [<key>=]<path>...] [METRICS <path>...] [PLOTS <path>...]
    [CHECKPOINTS <dir> [EXTENDS <parameter>]]
    [PARAMETERS <k=v>...] [PARAMETERS_FILE <file> KEYS <key>...] [ENVIRONMENT <K=V>...] [WORKING_DIRECTORY <dir>]
    [NETWORK none|host|private] [CPUS <n>] [MEMORY <size>] [SHM_SIZE <size>] [TIMEOUT <time>]
    [GPUS <n>|all|<kind>:<n> [GPUS_OPTIONAL]]
    [EXTRA_OUTPUTS error|warn|ignore] [DEPENDS <target|file>...] [JOB_POOL <pool>] [USES_TERMINAL])

``IMAGE <image>``
  An image target, made before or after this call, or a pinned reference ``<name>@sha256:<64 digits>``.
``COMMAND <arg>...``
  What to run; no shell is involved. ``{k}`` stands for parameter ``k``, ``{{`` and ``}}`` for braces.
``INPUTS [<key>=]<path|run>...``
  Files and folders that the command reads. They are relative to the current source folder and appear
  read-only at the same path below ``/work``, or at ``<key>``. A run stands for all of its outputs.
  ``data/*.csv``, ``data/**/*.png``, ``images=pics/[0-9]*.jpg`` are patterns, of files alone, that the tool resolves at
  each build: ``*`` and ``?`` stand for any characters and one, ``[a-z]`` and ``[!a-z]`` for one of these or of others, ``**``
  for any number of folders. A dot that begins a name has to be written. The command sees the files that match and no others,
  at their paths, or below ``<key>`` from the first folder with such a character on. A file of such a name is taken for itself.
``OUTPUTS [<key>=]<path>...``
  Files and folders that the command writes, relative to its working folder. They land in the current binary
  folder; ``TRAINING_OUTPUT_<key>`` is the path there (without a key, the path as given is the key).
``METRICS <path>...``
  Outputs that hold numbers, of which the last of a name counts: a JSON object, or one a line; CSV with a header
  (``*.csv``); TensorBoard's event files (``*.tfevents.*``), or a folder of them, whose scalars are named by their tags.
``PLOTS <path>...``
  Outputs of the same forms in which numbers stand as they were during the training, for ``trainyard plot``.
``CHECKPOINTS <dir>``
  A folder of the command's, relative to its working folder, that outlives a training which is stopped, killed or fails:
  the next build mounts it again and sets ``TRAINYARD_RESUME=1``. ``TRAINYARD_CHECKPOINTS`` is its path in the container.
``EXTENDS <parameter>``
  With ``CHECKPOINTS``: a run that differs from a finished one by a larger value of this parameter alone, such as
  ``epochs``, begins with that one's checkpoints. Its record names the other, and it never stands for a run from scratch.
``PARAMETERS <k=v>...``
  Environment variables of the command (with ``_`` for ``.`` and ``-``), and values for ``{k}``.
``PARAMETERS_FILE <file> KEYS <key>...``
  More of them, from a JSON, YAML or TOML file below the current source folder: ``train.rate`` is ``rate`` in ``train``.
  The command sees the file at its place below ``/work`` with these keys alone, so that no other key counts.
  ``PARAMETERS`` of the same name take a key's place, in the file too.
``ENVIRONMENT <K=V>...``
  Further environment variables; the list property ``TRAINING_ENVIRONMENT`` adds to them.
``WORKING_DIRECTORY <dir>``
  An absolute path in the container; ``/work`` by default.
``NETWORK none|host|private``
  ``none`` by default: what can be fetched from anywhere is no declared input.
``CPUS <n>``, ``MEMORY <size>``, ``SHM_SIZE <size>``, ``TIMEOUT <time>``
  Limits, such as ``1.5``, ``2g``, ``64m``, ``1h30m``.
``GPUS <n>|all|<kind>:<n>``
  So many GPUs of this machine, or devices of a kind such as ``amd.com/gpu:1``, which nobody else who uses Trainyard
  here has meanwhile; it waits for them. No part of what the run is. Where there is no GPU, ``TRAINYARD_SLOTS``, a cache
  and an environment variable such as ``gpu:0,gpu:1``, names what stands for them.
``GPUS_OPTIONAL``
  Where the machine has fewer, the run takes what there is.
``EXTRA_OUTPUTS error|warn|ignore``
  What is done about files in the working folder that are no declared output; they are not kept. ``error`` by default: what a
  script writes is either a result or worth a word. The training is not lost by it: its result is in the
  store, and found there when ``EXTRA_OUTPUTS`` allows the rest. Never counted are ``__pycache__``, ``*.pyc``, ``*~`` and names that begin with a dot.
``DEPENDS <target|file>...``
  What has to be made before.
``JOB_POOL <pool>``, ``USES_TERMINAL``
  As for ``add_custom_command``; they exclude each other.

Build the target by name; it is not part of ``all``. It has two edges: ``<name>.train`` runs the command, or
finds in the store that it ran before, and ``<name>`` puts the outputs in the build tree. The training runs
again when the image's digest, an input's content or the spec changes, and only then. An output that was
removed comes back from the store.

Generator expressions work in every value. An argument that one of them makes a list is expanded.
A value that looks like a misspelt keyword is refused; write ``$<1:OUTPUT>`` if ``OUTPUT`` is what you mean.
#]=======================================================================]
function(add_training_run name)
  set(command add_training_run)
  _training_pack_arguments(packed 1)
  _training_parse_arguments(${command} "${name}" "${packed}" "USES_TERMINAL;GPUS_OPTIONAL"
    "IMAGE;PARAMETERS_FILE;WORKING_DIRECTORY;NETWORK;CPUS;MEMORY;SHM_SIZE;TIMEOUT;CHECKPOINTS;EXTENDS;GPUS;EXTRA_OUTPUTS;JOB_POOL"
    "COMMAND;INPUTS;OUTPUTS;METRICS;PLOTS;PARAMETERS;KEYS;ENVIRONMENT;DEPENDS")
  _training_check_run("${name}")
  _training_output_folder(folder)
  _training_run_outputs(outputs "${name}" "${folder}" OUTPUTS "${arg_OUTPUTS}")
  _training_run_outputs(metrics "${name}" "${folder}" METRICS "${arg_METRICS}")
  _training_run_outputs(plots "${name}" "${folder}" PLOTS "${arg_PLOTS}")
  set(files ${outputs} ${metrics} ${plots})
  list(REMOVE_DUPLICATES files)
  _training_path_list(depends ${command} "${name}" DEPENDS "${arg_DEPENDS}")

  set(owner "${name}.train")
  set(stem "${folder}/${name}")
  _training_add_run_targets("${name}" "${owner}" "${stem}" "${files}")
  _training_set_output_properties("${name}" "${folder}" "${arg_OUTPUTS};${arg_METRICS};${arg_PLOTS}")
  foreach(dependency IN LISTS depends)
    _training_defer(_training_resolve_dependency "${owner}" "${dependency}")
  endforeach()
  _training_run_image(image "${name}" "${owner}" "${arg_IMAGE}")
  _training_run_inputs(inputs "${name}" "${owner}" "${folder}" "${arg_INPUTS}")

  set(spec "")
  _training_spec_member(spec ${command} "${name}" build_dir STRING "${CMAKE_BINARY_DIR}")
  _training_spec_member(spec ${command} "${name}" source_dir STRING "${CMAKE_CURRENT_SOURCE_DIR}")
  _training_spec_member(spec ${command} "${name}" binary_dir STRING "${folder}")
  _training_spec_member(spec ${command} "${name}" image STRING "${image}")
  _training_spec_member(spec ${command} "${name}" command VALUES "${arg_COMMAND}")
  _training_spec_member(spec ${command} "${name}" inputs PAIRS "${inputs}")
  _training_spec_member(spec ${command} "${name}" outputs PAIRS "${arg_OUTPUTS}")
  _training_spec_member(spec ${command} "${name}" metrics VALUES "${arg_METRICS}")
  _training_spec_member(spec ${command} "${name}" plots VALUES "${arg_PLOTS}")
  _training_spec_member(spec ${command} "${name}" parameters PAIRS "${arg_PARAMETERS}")
  if(DEFINED arg_PARAMETERS_FILE)
    _training_unpack(parameters_file "${arg_PARAMETERS_FILE}")
    _training_absolute(parameters_file "${parameters_file}" "${CMAKE_CURRENT_SOURCE_DIR}")
    _training_check_path(${command} "${name}" PARAMETERS_FILE "${parameters_file}")
    _training_pack(packed_file "${parameters_file}")
    _training_spec_member(spec ${command} "${name}" parameters_file STRING "${packed_file}")
    _training_spec_member(spec ${command} "${name}" parameter_keys VALUES "${arg_KEYS}")
    list(APPEND depends "${parameters_file}")
  endif()
  list(APPEND arg_ENVIRONMENT "$<TARGET_GENEX_EVAL:${name},$<TARGET_PROPERTY:${name},TRAINING_ENVIRONMENT>>")
  _training_spec_member(spec ${command} "${name}" environment PAIRS "${arg_ENVIRONMENT}")
  foreach(keyword WORKING_DIRECTORY NETWORK CPUS MEMORY SHM_SIZE TIMEOUT CHECKPOINTS EXTENDS EXTRA_OUTPUTS)
    if(DEFINED arg_${keyword})
      string(TOLOWER "${keyword}" member)
      _training_spec_member(spec ${command} "${name}" ${member} STRING "${arg_${keyword}}")
    endif()
  endforeach()
  _training_add_gpus(spec "${name}" "${arg_GPUS}" "${arg_GPUS_OPTIONAL}")
  _training_write_spec("${stem}.run.json" "${owner}" run "${name}" "${spec}")

  set(options "")
  if(arg_USES_TERMINAL)
    set(options USES_TERMINAL)
  elseif(DEFINED arg_JOB_POOL)
    set(options JOB_POOL "${arg_JOB_POOL}")
  endif()
  _training_describe_run("${name}" "${arg_PARAMETERS}" "${arg_KEYS}" "${arg_OUTPUTS};${arg_METRICS};${arg_PLOTS}" "${depends}" "${arg_JOB_POOL}")
  _training_add_run_edges("${name}" "${owner}" "${stem}" "${inputs}" "${files}" "${depends}" "${options}")
endfunction()
