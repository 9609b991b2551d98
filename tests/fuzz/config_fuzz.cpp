// Whatever the text, the reader gives a configuration that keeps its promises or says printable things about it.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "config/foreign_text.hpp"
#include "config/names.hpp"
#include "config/reader.hpp"

namespace {

void require(bool promise) {
  if (!promise) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace propriod::config;
  const std::string_view text{reinterpret_cast<const char*>(bytes), size};
  const auto config = parse_config(text, "/nowhere/propriod.yaml");
  if (config) {
    require(!config->node || valid_name(*config->node));
    require(!config->model || (valid_name(config->model->name) && config->model->directory.is_absolute()));
    require(!config->mqtt || (!config->mqtt->host.empty() && config->mqtt->port != 0));
    for (const Sensor& sensor : config->sensors) require(valid_name(sensor.name));
    return 0;
  }
  require(!config.error().empty());
  for (const Problem& problem : config.error()) {
    require(problem.line >= 1 && problem.column >= 1);
    require(printable(problem.to_string()));
  }
  return 0;
}
