#include "cli/command.hpp"
