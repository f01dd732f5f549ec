// Linked into every executable of a sanitizer build that uses MLIR. Debian's
// MLIR and LLVM are not instrumented: their allocators poison memory that our
// inlined copies of their headers then touch, and their containers are annotated
// on our side only.
extern "C" const char *__asan_default_options() { return "allow_user_poisoning=0:detect_container_overflow=0"; }
