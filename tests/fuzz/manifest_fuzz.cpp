#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "model/errors.hpp"
#include "model/manifest_file.hpp"
#include "model/sha256.hpp"

using namespace propriod::model;

/// Every text gets its seal, which no fuzzer would find, so that the whole reader is reached. What is read can be
/// written, and reads as the same.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string yaml(reinterpret_cast<const char*>(data), size);
  yaml += "manifest_sha256: " + sha256(yaml) + "\n";
  try {
    const auto manifest = parse_manifest(yaml, "fuzz");
    if (parse_manifest(to_yaml(manifest), "again") != manifest) std::abort();
  } catch (const BundleError& error) {
    if (std::string_view(error.what()).find('\n') != std::string_view::npos) std::abort();
    if (std::string_view(error.what()).starts_with("again")) std::abort();
  }
  return 0;
}
