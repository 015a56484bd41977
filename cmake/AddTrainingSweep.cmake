include_guard(GLOBAL)
include("${CMAKE_CURRENT_LIST_DIR}/private/_training_arguments.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/private/_training_paths.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/private/_training_sweep.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/private/_training_sweep_points.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/private/_training_tool.cmake")

#[=======================================================================[.rst:
add_training_sweep
------------------

Adds many tries of a run with other values of its parameters, as one target::

  add_training_sweep(<name> RUN <run>
    {GRID <k>=<a>,<b>... | ZIP <k>=<a>,<b>... | RANDOM <n> <k>=<range>... [SEED <s>]}
    [OBJECTIVE <metric> MINIMIZE|MAXIMIZE] [MAX_PARALLEL <n>])

``RUN <run>``
  A target of :command:`add_training_run`, made before this call. It is what is tried; it is not trained itself.
``GRID <k>=<a>,<b>...``
  Every combination of the values.
``ZIP <k>=<a>,<b>...``
  The first values together, the second ones, and so on: lists of one length.
``RANDOM <n> <k>=<range>... [SEED <s>]``
  ``n`` different points. A range is ``<low>..<high>``, ``log:<low>..<high>`` (as likely to be in any decade), or values
  ``<a>,<b>`` of which one is taken. Integer bounds give integers. The same seed (1 by default) gives the same points on
  every machine, and a larger ``n`` adds points to them.
``OBJECTIVE <metric> MINIMIZE|MAXIMIZE``
  Which point is best. Its outputs land in ``<name>/best``; ``TRAINING_OUTPUT_<key>`` of the sweep is the path there, and
  the sweep's name among the ``INPUTS`` of a run, or as ``RUN`` of a test, stands for that point.
``MAX_PARALLEL <n>``
  So many points at a time: a pool on Ninja, and on every generator slots that all builds of the sweep share.

A point is the run with these values, found in the store as ``trainyard run -S`` finds it: another value trains the new
points alone, one value less trains nothing. Build the target by name; it ends with ``<name>.json`` and ``<name>.csv``:
parameters, metrics, time and key of each point. A point that fails stops no other one. When all are through, the build
fails and names it; the next one tries the failed points alone.

Point ``rate=0.1,depth=3`` is ``<name>/rate=0.1,depth=3.stamp`` for the build tool and ``<name>/rate=0.1,depth=3`` for
``trainyard logs``. ``<name>.outputs`` puts the outputs of all points in the build tree, each point's in a folder of its
name; a file there can be an input of another run.
#]=======================================================================]
function(add_training_sweep name)
  set(command add_training_sweep)
  _training_pack_arguments(packed 1)
  _training_parse_arguments(${command} "${name}" "${packed}" "" "RUN;SEED;MAX_PARALLEL" "GRID;ZIP;RANDOM;OBJECTIVE")
  _training_check_sweep("${name}")
  _training_sweep_form(form "${name}")
  _training_sweep_values("${name}" "${form}" "${arg_${form}}")
  _training_check_swept("${name}" "${arg_RUN}" "${sweep_parameters}")
  if(form STREQUAL "GRID")
    _training_sweep_grid(points)
  elseif(form STREQUAL "ZIP")
    _training_sweep_zip(points "${name}")
  else()
    _training_sweep_random(points "${name}" "${sweep_count}" "${arg_SEED}")
  endif()
  _training_sweep_names(names specs "${points}")

  _training_output_folder(folder)
  _training_write_sweep_spec("${name}" "${folder}" "${arg_RUN}" "${specs}")
  _training_add_sweep_targets("${name}" "${folder}" "${arg_RUN}")
  _training_add_sweep_edges("${name}" "${folder}" "${arg_RUN}" "${names}")
  _training_add_point_outputs("${name}" "${folder}" "${arg_RUN}" "${names}")
  if(DEFINED arg_OBJECTIVE)
    _training_add_best("${name}" "${folder}" "${arg_RUN}")
  endif()
endfunction()
