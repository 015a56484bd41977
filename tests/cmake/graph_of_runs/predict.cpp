// A model inside an executable: the assembler takes the file's bytes.
#include <iostream>
#include <string_view>

__asm__(
    ".section .rodata\n"
    ".globl best_begin\nbest_begin:\n.incbin \"" BEST
    "\"\n"
    ".globl best_end\nbest_end:\n"
    ".previous\n");
extern const char best_begin[], best_end[];

int main() {
  std::cout << std::string_view(best_begin, static_cast<std::size_t>(best_end - best_begin));
}
