#include "config/reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <string>
#include <system_error>
#include <tuple>
#include <utility>

#include "config/keys.hpp"
#include "config/value.hpp"
#include "config/yaml_tree.hpp"

namespace propriod::config {
namespace {

Problem problem_of_whole(const std::filesystem::path& file, std::string what) {
  return {.file = file, .key = {}, .what = std::move(what)};
}

}  // namespace

tl::expected<std::string, Problem> read_text(const std::filesystem::path& file) {
  if (std::error_code error; std::filesystem::is_other(file, error)) {
    return tl::unexpected(
        problem_of_whole(file, "is no regular file; name a readable file"));  // a pipe might never end
  }
  errno = 0;
  std::ifstream stream{file, std::ios::binary};
  std::string text(kMaxConfigBytes + 1, '\0');  // one more, to see that there is more
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!stream.is_open() || stream.bad()) {
    const std::string reason = std::generic_category().message(errno);
    return tl::unexpected(problem_of_whole(file, fmt::format("cannot be read ({}); name a readable file", reason)));
  }
  text.resize(static_cast<std::size_t>(stream.gcount()));
  if (text.size() > kMaxConfigBytes) {
    return tl::unexpected(problem_of_whole(file, fmt::format("too large; allowed: {} bytes", kMaxConfigBytes)));
  }
  return text;
}

tl::expected<Config, std::vector<Problem>> read_config(const std::filesystem::path& file) {
  const auto text = read_text(file);
  if (!text) return tl::unexpected(std::vector<Problem>{text.error()});
  return parse_config(*text, file);
}

tl::expected<Config, std::vector<Problem>> parse_config(std::string_view text, const std::filesystem::path& file) {
  const auto tree = parse_yaml(text);
  if (!tree) {
    const auto& [mark, what] = tree.error();
    return tl::unexpected(std::vector<Problem>{{file, mark.line, mark.column, {}, what}});
  }
  std::error_code ignored;  // without a current folder paths stay relative
  Reading reading{.file = file, .folder = std::filesystem::absolute(file, ignored).parent_path(), .problems = {}};
  Config config;
  config.file = file;
  read_root(Value{*tree, tree->mark, {}, reading}, config);
  if (reading.problems.empty()) return config;
  std::ranges::stable_sort(reading.problems, {}, [](const Problem& p) { return std::tie(p.line, p.column); });
  return tl::unexpected(std::move(reading.problems));
}

std::vector<Problem> missing_for_run(const Config& config) {
  std::vector<Problem> problems;
  const auto miss = [&](std::string key, std::string what) {
    problems.push_back({.file = config.file, .line = 1, .column = 1, .key = std::move(key), .what = std::move(what)});
  };
  if (!config.node) miss("node", "missing; run needs the name of this node");
  if (!config.model) miss("model", "missing; run needs the directory and name of a model");
  if (config.sensors.empty()) miss("sensors", "missing; run needs at least one sensor");
  return problems;
}

}  // namespace propriod::config
