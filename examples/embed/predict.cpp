// predict X: what the model says of X. The model is part of this program (model.S).
#include <cstdio>
#include <cstdlib>
#include <cstring>

extern "C" const char model_begin[], model_end[];

int main(int argc, char** argv) {
  double model[2];
  if (argc != 2 || model_end - model_begin != sizeof model) return 1;
  std::memcpy(model, model_begin, sizeof model);
  std::printf("%.3f\n", model[0] * std::atof(argv[1]) + model[1]);
}
