#include <stdio.h>

#include "model.h"

int main(void) { return puts(MODEL) == EOF; }
