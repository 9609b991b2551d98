#include <cstdint>
#include <cstdlib>
#include <span>
#include <string_view>

#include "model/errors.hpp"
#include "model/safetensors.hpp"

using namespace propriod::model;

/// What is read can be written, and what is written reads as the same: bytes for bytes from then on.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const auto written = to_safetensors(parse_safetensors(std::as_bytes(std::span(data, size)), "fuzz"));
    if (to_safetensors(parse_safetensors(written, "again")) != written) std::abort();
  } catch (const BundleError& error) {
    if (std::string_view(error.what()).find('\n') != std::string_view::npos) std::abort();
    if (std::string_view(error.what()).starts_with("again")) std::abort();
  }
  return 0;
}
