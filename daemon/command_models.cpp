#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <memory>

#include "config/names.hpp"
#include "daemon/commands.hpp"
#include "model/errors.hpp"
#include "model/manifest_file.hpp"
#include "model/model_store.hpp"
#include "model/version.hpp"

namespace propriod::daemon {
namespace {

namespace fs = std::filesystem;

struct Options {
  fs::path directory;
  std::string model;  ///< NAME or NAME/VERSION
};

/// "NAME/VERSION" in its two parts; the version may be missing.
std::pair<std::string, std::string> split_model(const std::string& model) {
  const auto slash = model.find('/');
  const auto name = model.substr(0, slash);
  if (!config::valid_name(name)) {
    throw CLI::ValidationError("model", "\"" + name + "\" is no name; allowed: " + std::string(config::kNameRule));
  }
  const auto version = slash == std::string::npos ? "" : model.substr(slash + 1);
  if (!version.empty() && !model::counter_of(version)) {
    throw CLI::ValidationError("model", "\"" + version + "\" is no version; `propriod models list` shows them");
  }
  return {name, version};
}

void list(const Options& options) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(options.directory)) {
    if (entry.is_directory() && config::valid_name(entry.path().filename().string())) {
      names.push_back(entry.path().filename().string());
    }
  }
  std::ranges::sort(names);
  if (names.empty()) {
    std::fprintf(stderr, "no models in %s; `propriod train --out %s/NAME` makes one\n", options.directory.c_str(),
                 options.directory.c_str());
  }
  for (const auto& name : names) {
    const model::ModelStore store(options.directory / name);
    const auto current = store.current();
    for (const auto& version : store.versions()) {
      std::printf("%s/%s%s\n", name.c_str(), version.c_str(), version == current ? "  (current)" : "");
    }
  }
}

void show(const Options& options) {
  const auto [name, version] = split_model(options.model);
  const auto bundle = model::load_bundle(options.directory / name / (version.empty() ? "current" : version));
  std::ifstream manifest(bundle.directory / "manifest.yaml");
  std::printf("# %s: whole, and its weights match\n", bundle.directory.c_str());
  for (std::string line; std::getline(manifest, line);) std::printf("%s\n", line.c_str());
}

void promote(const Options& options) {
  const auto [name, version] = split_model(options.model);
  if (version.empty()) throw CLI::ValidationError("model", "promote needs NAME/VERSION; `models list` shows them");
  model::ModelStore(options.directory / name).promote(version);
  std::printf("%s/%s is current now\n", name.c_str(), version.c_str());
}

void rollback(const Options& options) {
  const auto [name, version] = split_model(options.model);
  if (!version.empty()) {
    throw CLI::ValidationError("model",
                               "rollback needs NAME alone; `models promote " + options.model + "` serves that version");
  }
  model::ModelStore store(options.directory / name);
  store.rollback();
  std::printf("%s/%s is current now\n", name.c_str(), store.current().value_or("").c_str());
}

}  // namespace

void add_models_command(CLI::App& app, ExitCode& result) {
  auto* command = app.add_subcommand("models", "List, show, promote and roll back model versions");
  command->require_subcommand(1);
  const auto add = [&](const std::string& name, const std::string& help, const std::string& model_help,
                       void (*action)(const Options&)) {
    auto options = std::make_shared<Options>();
    auto* action_command = command->add_subcommand(name, help);
    action_command->add_option("--directory", options->directory, "folder of all models")
        ->required()
        ->check(CLI::ExistingDirectory);
    if (!model_help.empty()) action_command->add_option("model", options->model, model_help)->required();
    action_command->callback([options, action, &result] {
      action(*options);
      result = kSuccess;
    });
  };
  add("list", "All versions, the oldest first", "", list);
  add("show", "Check a version and print its manifest", "NAME (its current version) or NAME/VERSION", show);
  add("promote", "Put a version into service", "NAME/VERSION", promote);
  add("rollback", "Put the newest version that is older than the current one into service", "NAME", rollback);
}

}  // namespace propriod::daemon
