#include "model/model_store.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <iterator>
#include <random>
#include <string_view>
#include <system_error>
#include <utility>

#include "model/bundle_files.hpp"
#include "model/errors.hpp"
#include "model/file_descriptor.hpp"
#include "model/manifest_file.hpp"
#include "model/safetensors.hpp"
#include "model/sha256.hpp"
#include "model/version.hpp"

namespace propriod::model {
namespace {

constexpr const char* kManifest = "manifest.yaml";
constexpr const char* kWeights = "weights.safetensors";
constexpr const char* kMetrics = "metrics.json";
constexpr const char* kCurrent = "current";
constexpr const char* kLock = ".lock";
constexpr std::string_view kIncomingPrefix = ".incoming-";
constexpr std::string_view kNewCurrentPrefix = ".current-";

std::string random_name(std::string_view prefix) {
  std::random_device random;
  return fmt::format("{}{:08x}{:08x}", prefix, random(), random());
}

/// Removes a file or directory at the end of its scope, unless `release` was called.
class RemovedOnFailure {
 public:
  explicit RemovedOnFailure(std::filesystem::path path) : path_(std::move(path)) {}
  RemovedOnFailure(const RemovedOnFailure&) = delete;
  RemovedOnFailure& operator=(const RemovedOnFailure&) = delete;
  ~RemovedOnFailure() {
    if (std::error_code ignored; !path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  void release() noexcept { path_.clear(); }

 private:
  std::filesystem::path path_;
};

}  // namespace

/// The right to write, for as long as it lives; the kernel takes it back from a process that is killed.
class ModelStore::Lock {
 public:
  explicit Lock(const std::filesystem::path& path) : file_(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644)) {
    if (!file_.valid()) throw_file_error(path, "be locked", errno);
    while (::flock(file_.get(), LOCK_EX) != 0) {
      if (errno != EINTR) throw_file_error(path, "be locked", errno);
    }
  }

 private:
  FileDescriptor file_;
};

Bundle load_bundle(const std::filesystem::path& directory) {
  std::error_code error;
  Bundle bundle{.directory = std::filesystem::canonical(directory, error), .manifest = {}, .weights = {}};
  if (error) throw_file_error(directory, "be read", error.value());
  if (!std::filesystem::exists(bundle.directory / kManifest, error) &&
      std::filesystem::exists(bundle.directory / kCurrent, error)) {
    throw BundleError(
        fmt::format("{0}: is a model, not one of its versions; name {0}/{1}", directory.string(), kCurrent));
  }
  bundle.manifest = read_manifest(bundle.directory / kManifest);

  const auto path = bundle.directory / kWeights;
  const auto bytes = read_file(path, kMaxSafetensorsBytes);
  const auto hash = sha256(bytes);
  if (hash != bundle.manifest.weights_sha256) {
    throw BundleError(fmt::format("{}: SHA-256 is {}, {} says {}; copy the bundle again", path.string(), hash,
                                  kManifest, bundle.manifest.weights_sha256));
  }
  bundle.weights = parse_safetensors(bytes, path.string());
  return bundle;
}

ModelStore::ModelStore(std::filesystem::path model_directory, Clock clock)
    : directory_(std::move(model_directory)), clock_(std::move(clock)) {}

std::filesystem::path ModelStore::publish(Manifest manifest, std::span<const NamedTensor> weights,
                                          const std::string& metrics_json, bool make_current) {
  make_directories(directory_);
  const Lock lock(directory_ / kLock);
  remove_leftovers(lock);

  const auto present = versions();
  manifest.counter = present.empty() ? 1 : *counter_of(present.back()) + 1;
  manifest.version = make_version(clock_(), manifest.counter);
  auto directory = directory_ / manifest.version;
  const auto weights_bytes = to_safetensors(weights);
  manifest.weights_sha256 = sha256(weights_bytes);
  const auto yaml = to_yaml(manifest);
  // Nothing is written that could not be read again: a NaN after a training that diverged, a label of a data set.
  static_cast<void>(parse_safetensors(weights_bytes, (directory / kWeights).string()));
  static_cast<void>(parse_manifest(yaml, (directory / kManifest).string()));

  const auto incoming = directory_ / random_name(kIncomingPrefix);
  if (::mkdir(incoming.c_str(), 0755) != 0) throw_file_error(incoming, "be made", errno);
  RemovedOnFailure removed(incoming);
  write_new_file(incoming / kWeights, weights_bytes);
  write_new_file(incoming / kMetrics, std::as_bytes(std::span(metrics_json)));
  write_new_file(incoming / kManifest, std::as_bytes(std::span(yaml)));
  sync_directory(incoming);
  if (::renameat2(AT_FDCWD, incoming.c_str(), AT_FDCWD, directory.c_str(), RENAME_NOREPLACE) != 0) {
    throw_file_error(directory, "be made", errno);
  }
  removed.release();
  sync_directory(directory_);

  if (make_current || !current()) promote(manifest.version, lock);
  return directory;
}

void ModelStore::promote(const std::string& version) {
  if (!counter_of(version)) {
    throw BundleError(
        fmt::format("{}: {} is no version; choose one of `propriod models list`", directory_.string(), shown(version)));
  }
  promote(version, Lock(directory_ / kLock));
}

void ModelStore::rollback() {
  const Lock lock(directory_ / kLock);
  const auto now = current();
  auto candidates = versions();
  std::erase_if(candidates,
                [&](const std::string& version) { return !now || counter_of(version) >= counter_of(*now); });
  if (candidates.empty()) {
    throw BundleError(fmt::format("{}: there is no version before the current one ({}); promote another one",
                                  directory_.string(), now.value_or("none")));
  }
  promote(candidates.back(), lock);
}

std::optional<std::string> ModelStore::current() const {
  const auto link = directory_ / kCurrent;
  std::error_code error;
  auto version = std::filesystem::read_symlink(link, error).string();
  if (error == std::errc::no_such_file_or_directory) return std::nullopt;
  if (error || !counter_of(version)) {
    throw BundleError(fmt::format("{}: is not a link to a version; remove it and promote one", link.string()));
  }
  return version;
}

std::vector<std::string> ModelStore::versions() const {
  std::error_code error;
  std::filesystem::directory_iterator entries(directory_, error);
  if (error == std::errc::no_such_file_or_directory) return {};
  std::vector<std::string> versions;
  for (; !error && entries != std::filesystem::directory_iterator(); entries.increment(error)) {
    auto name = entries->path().filename().string();
    if (counter_of(name)) versions.push_back(std::move(name));
  }
  if (error) throw_file_error(directory_, "be read", error.value());
  std::ranges::sort(versions, {}, [](const std::string& name) { return std::pair(*counter_of(name), name); });
  return versions;
}

void ModelStore::remove_leftovers(const Lock&) const {
  std::error_code error;
  std::vector<std::filesystem::path> leftovers;
  for (std::filesystem::directory_iterator entries(directory_, error), end; !error && entries != end;
       entries.increment(error)) {
    const auto name = entries->path().filename().string();
    if (name.starts_with(kIncomingPrefix) || name.starts_with(kNewCurrentPrefix)) leftovers.push_back(entries->path());
  }
  for (const auto& path : leftovers)
    std::filesystem::remove_all(path, error);  // at worst it takes room until next time
}

void ModelStore::promote(const std::string& version, const Lock&) const {
  const auto bundle = load_bundle(directory_ / version);
  if (bundle.manifest.version != version) {
    throw BundleError(fmt::format("{}: is version {}; rename the directory back", (directory_ / version).string(),
                                  bundle.manifest.version));
  }
  const auto link = directory_ / kCurrent;
  const auto new_link = directory_ / random_name(kNewCurrentPrefix);
  if (::symlink(version.c_str(), new_link.c_str()) != 0) throw_file_error(new_link, "be made", errno);
  RemovedOnFailure removed(new_link);
  if (::rename(new_link.c_str(), link.c_str()) != 0) throw_file_error(link, "be replaced", errno);
  removed.release();
  sync_directory(directory_);
}

}  // namespace propriod::model
