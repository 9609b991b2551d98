#pragma once

#include <string>

namespace propriod::model {

/// Threads that one tensor operation of this process may use, in LibTorch and in the BLAS below it. Call it before the
/// first tensor is made.
void set_torch_threads(int threads);

/// What was set, or what LibTorch chose.
[[nodiscard]] int torch_threads();

/// For a training: memory that is freed stays with the process, but for pieces above 32 MiB. A step frees and takes
/// again as much as the network is large, and glibc would hand it back to the kernel each time, which then has to clear
/// every page anew.
void keep_freed_memory();

/// Makes the threads of one tensor operation fall asleep soon while they wait for each other. By default they spin
/// long, and where another program holds a processor they take the rest from each other: on two processors beside one
/// busy program, training ran at half the speed or less. OpenMP reads that setting when it is loaded, so this starts
/// the program anew, with `argv`, unless the user has chosen (OMP_WAIT_POLICY or GOMP_SPINCOUNT); then, and where that
/// cannot be done, it returns. Call it before anything else.
void wait_without_much_spinning(char** argv);

/// "LibTorch 1.13.1, OpenBLAS 0.3.21 …", for logs and `--version`.
[[nodiscard]] std::string torch_description();

/// Debian's LibTorch calls whatever `libblas.so.3` is. With the reference BLAS a training step takes five times as
/// long; with OpenBLAS's own threads beside LibTorch's, `threads` of them are slower than one. Then a sentence that
/// says so and what to install, else empty.
[[nodiscard]] std::string blas_advice(int threads);

}  // namespace propriod::model
