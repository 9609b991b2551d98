// Preloaded into a program, it steps the host's wall clock as NTP or a user does: STEPPED_CLOCK_S seconds on (or back)
// once the program has looked at it for a second. The clocks that never jump stay as they are.
#include <dlfcn.h>

#include <cstdlib>
#include <ctime>

extern "C" int clock_gettime(clockid_t clock, timespec* time) noexcept {
  using Function = int (*)(clockid_t, timespec*);
  static const auto real = reinterpret_cast<Function>(dlsym(RTLD_NEXT, "clock_gettime"));
  static const char* const step_s = std::getenv("STEPPED_CLOCK_S");
  const int result = real(clock, time);
  if (clock != CLOCK_REALTIME || step_s == nullptr || result != 0) return result;
  static const time_t first = time->tv_sec;
  if (time->tv_sec > first + 1) time->tv_sec += std::atol(step_s);
  return result;
}
