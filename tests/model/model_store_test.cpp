#include "model/model_store.hpp"

#include <gmock/gmock.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <fstream>
#include <iterator>
#include <limits>
#include <numeric>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <thread>

#include "model/errors.hpp"
#include "model/version.hpp"
#include "tests/model/sample_bundle.hpp"
#include "tests/support/temporary_directory.hpp"

namespace propriod::model {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;
using testing::UnorderedElementsAre;

constexpr const char* kMetrics = R"({"tasks": {}})";
constexpr const char* kFirst = "20261123T150405.007Z-1";

std::string read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void write(const fs::path& path, std::string_view text) { std::ofstream(path, std::ios::binary) << text; }

template <typename Action>
std::string refusal(Action action) {
  try {
    action();
  } catch (const BundleError& error) {
    return error.what();
  }
  return "accepted";
}

class ModelStoreTest : public testing::Test {
 protected:
  /// The store at a clock that stands at 2026-11-23 15:04:05.007 UTC.
  ModelStore store() const {
    return ModelStore(directory(), [] { return std::chrono::system_clock::time_point{milliseconds{1795446245007}}; });
  }
  fs::path directory() const { return root_ / "models" / "bed"; }
  fs::path publish(bool make_current = false) const {
    return store().publish(sample_manifest(), sample_weights(), kMetrics, make_current);
  }
  std::set<std::string> names_in(const fs::path& path) const {
    std::set<std::string> names;
    for (const auto& entry : fs::directory_iterator(path)) names.insert(entry.path().filename().string());
    return names;
  }

  tests::TemporaryDirectory root_;
};

TEST_F(ModelStoreTest, LoadsWhatWasPublished) {
  const auto path = publish();
  EXPECT_EQ(path, directory() / kFirst);
  const auto bundle = load_bundle(path);
  EXPECT_EQ(bundle.directory, fs::canonical(path));
  EXPECT_THAT(bundle.weights, testing::UnorderedElementsAreArray(sample_weights()));
  auto expected = sample_manifest();
  expected.version = kFirst;
  expected.counter = 1;
  expected.weights_sha256 = bundle.manifest.weights_sha256;
  EXPECT_EQ(bundle.manifest, expected);
  EXPECT_EQ(read(path / "metrics.json"), kMetrics);
  EXPECT_THAT(names_in(directory()), UnorderedElementsAre(".lock", "current", kFirst));
  EXPECT_THAT(names_in(path), UnorderedElementsAre("manifest.yaml", "metrics.json", "weights.safetensors"));
}

TEST_F(ModelStoreTest, IsEmptyBeforeTheFirstVersion) {
  EXPECT_THAT(store().versions(), IsEmpty());
  EXPECT_EQ(store().current(), std::nullopt);
  EXPECT_FALSE(fs::exists(directory()));
}

TEST_F(ModelStoreTest, OrdersVersionsByCounterEvenWhenTheClockGoesBack) {
  ModelStore late(directory(), [] { return std::chrono::system_clock::time_point{milliseconds{1795446245008}}; });
  late.publish(sample_manifest(), sample_weights(), kMetrics, false);
  for (int i = 0; i < 3; ++i) publish();
  const auto versions = store().versions();
  ASSERT_EQ(versions.size(), 4U);
  EXPECT_EQ(versions.front(), "20261123T150405.008Z-1");
  EXPECT_EQ(versions[1], "20261123T150405.007Z-2");
  EXPECT_EQ(versions.back(), "20261123T150405.007Z-4");
}

TEST_F(ModelStoreTest, OnlyTheFirstVersionBecomesCurrentByItself) {
  publish();
  const auto second = publish();
  EXPECT_EQ(store().current(), kFirst);
  const auto third = publish(true);
  EXPECT_EQ(store().current(), third.filename());
  store().promote(second.filename());
  EXPECT_EQ(store().current(), second.filename());
  EXPECT_EQ(fs::read_symlink(directory() / "current"), second.filename());
  EXPECT_EQ(load_bundle(directory() / "current").manifest.version, second.filename());
}

TEST_F(ModelStoreTest, RollsBackVersionByVersion) {
  const auto first = publish(), second = publish(true), third = publish(true);
  store().rollback();
  EXPECT_EQ(store().current(), second.filename());
  store().rollback();
  EXPECT_EQ(store().current(), first.filename());
  EXPECT_THAT(refusal([&] { store().rollback(); }), HasSubstr("there is no version before the current one"));
  EXPECT_EQ(store().current(), first.filename());
  store().promote(third.filename());
  fs::remove_all(second);
  store().rollback();
  EXPECT_EQ(store().current(), first.filename());
}

TEST_F(ModelStoreTest, RollsBackFromAVersionThatIsGone) {
  const auto first = publish(), second = publish(true);
  fs::remove_all(second);
  store().rollback();
  EXPECT_EQ(store().current(), first.filename());
}

TEST_F(ModelStoreTest, PromotesNothingThatDoesNotLoad) {
  publish();
  const auto second = publish();
  write(second / "weights.safetensors", "");
  EXPECT_THAT(refusal([&] { store().promote(second.filename()); }), HasSubstr("SHA-256 is e3b0c442"));
  EXPECT_THAT(refusal([&] { store().promote("20261123T150405.007Z-9"); }), HasSubstr("No such file or directory"));
  EXPECT_THAT(refusal([&] { store().promote("../bed"); }), HasSubstr("'../bed' is no version"));
  EXPECT_EQ(store().current(), kFirst);
  EXPECT_THAT(names_in(directory()), Not(testing::Contains(StartsWith(".current-"))));
}

TEST_F(ModelStoreTest, PromotesNoVersionUnderAnotherName) {
  const auto first = publish();
  fs::rename(first, directory() / "20261123T150405.007Z-2");
  EXPECT_THAT(refusal([&] { store().promote("20261123T150405.007Z-2"); }),
              HasSubstr(std::string("is version ") + kFirst + "; rename the directory back"));
}

TEST_F(ModelStoreTest, SaysWhenCurrentIsNoLinkToAVersion) {
  publish();
  fs::remove(directory() / "current");
  fs::create_symlink("/etc", directory() / "current");
  EXPECT_THAT(refusal([&] { static_cast<void>(store().current()); }), HasSubstr("is not a link to a version"));
  store().promote(kFirst);
  EXPECT_EQ(store().current(), kFirst);
}

TEST_F(ModelStoreTest, RefusesToPublishWhatCouldNotBeLoaded) {
  publish();
  auto weights = sample_weights();
  weights[0].values[3] = std::numeric_limits<float>::quiet_NaN();
  EXPECT_THAT(refusal([&] { store().publish(sample_manifest(), weights, kMetrics, true); }),
              HasSubstr("tensor 'fc1.weight' has nan at index 3"));
  auto manifest = sample_manifest();
  manifest.placements = {"unknown"};
  EXPECT_THAT(refusal([&] { store().publish(manifest, sample_weights(), kMetrics, true); }), HasSubstr("is reserved"));
  EXPECT_THAT(names_in(directory()), UnorderedElementsAre(".lock", "current", kFirst));
}

TEST_F(ModelStoreTest, LeavesNothingBehindWhenTheDiskIsFull) {
  publish();
  // A file-size limit fails the same system call as a full disk does, without needing one.
  struct rlimit before {};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  auto* const handler = signal(SIGXFSZ, SIG_IGN);
  struct rlimit small = before;
  small.rlim_cur = 100;
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  const auto line = refusal([&] { publish(true); });
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
  signal(SIGXFSZ, handler);

  EXPECT_THAT(line, AllOf(HasSubstr("weights.safetensors: cannot be written: File too large; make room"),
                          Not(HasSubstr("\n"))));
  EXPECT_THAT(names_in(directory()), UnorderedElementsAre(".lock", "current", kFirst));
  EXPECT_EQ(store().current(), kFirst);
}

TEST_F(ModelStoreTest, SaysWhyADirectoryCannotBeMade) {
  write(root_ / "models", "a file");
  EXPECT_THAT(refusal([&] { publish(); }), HasSubstr("models/bed: cannot be made: Not a directory"));
}

TEST_F(ModelStoreTest, RemovesWhatAKilledWriterLeft) {
  publish();
  fs::create_directory(directory() / ".incoming-0123");
  write(directory() / ".incoming-0123" / "weights.safetensors", "half");
  fs::create_symlink("nowhere", directory() / ".current-0123");
  const auto second = publish();
  EXPECT_THAT(names_in(directory()), UnorderedElementsAre(".lock", "current", kFirst, second.filename()));
}

TEST_F(ModelStoreTest, RefusesABundleWithAnyByteOfItsWeightsFlipped) {
  const auto path = publish() / "weights.safetensors";
  const auto good = read(path);
  std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
  const auto put = [&](std::size_t i, int c) {
    file.seekp(static_cast<std::streamoff>(i)).put(static_cast<char>(c)).flush();
  };
  for (std::size_t i = 0; i < good.size(); ++i) {
    put(i, good[i] ^ 1);
    ASSERT_THAT(refusal([&] { static_cast<void>(load_bundle(path.parent_path())); }),
                AllOf(StartsWith(path.string() + ": SHA-256 is "), HasSubstr("copy the bundle again")))
        << i;
    put(i, good[i]);
  }
  EXPECT_NO_THROW(static_cast<void>(load_bundle(path.parent_path())));
}

TEST_F(ModelStoreTest, RefusesABundleWithTruncatedWeights) {
  const auto path = publish() / "weights.safetensors";
  for (auto size = fs::file_size(path); size > 0;) {
    fs::resize_file(path, --size);
    ASSERT_THAT(refusal([&] { static_cast<void>(load_bundle(path.parent_path())); }), HasSubstr(": SHA-256 is "))
        << size;
  }
}

TEST_F(ModelStoreTest, RefusesABundleWithoutOneOfItsFiles) {
  for (const char* name : {"weights.safetensors", "manifest.yaml"}) {
    const auto path = publish();
    fs::remove(path / name);
    EXPECT_THAT(refusal([&] { static_cast<void>(load_bundle(path)); }),
                AllOf(StartsWith((path / name).string()), HasSubstr("No such file or directory; check the path")));
  }
}

TEST_F(ModelStoreTest, RefusesFilesThatAreNoneAndThatAreTooLarge) {
  const auto path = publish();
  fs::resize_file(path / "manifest.yaml", (1 << 20) + 1);
  EXPECT_THAT(refusal([&] { static_cast<void>(load_bundle(path)); }),
              HasSubstr("manifest.yaml: has 1048577 bytes, allowed are 1048576"));
  fs::remove(path / "manifest.yaml");
  ASSERT_EQ(mkfifo((path / "manifest.yaml").c_str(), 0600), 0);
  EXPECT_THAT(refusal([&] { static_cast<void>(load_bundle(path)); }), HasSubstr("is not a regular file"));
}

/// Runs `action` in a process of its own, which ends with 0 unless `action` throws.
template <typename Action>
pid_t in_child(Action action) {
  const pid_t child = fork();
  if (child != 0) return child;
  try {
    action();
  } catch (...) {  // gtest would catch it, and go on with the next test in the child
    _exit(1);
  }
  _exit(0);
}

/// Does every version load, and the current one too, if there are any?
void expect_whole(const ModelStore& store, const fs::path& directory) {
  const auto versions = store.versions();
  for (const auto& version : versions) EXPECT_EQ(load_bundle(directory / version).manifest.version, version);
  if (const auto current = store.current()) {
    EXPECT_THAT(versions, testing::Contains(*current));
    EXPECT_EQ(load_bundle(directory / "current").manifest.version, *current);
  }
}

// Can a SIGKILL at any moment leave a version that does not load, a broken link, or a store that takes no more?
TEST_F(ModelStoreTest, SurvivesAKillAtAnyMoment) {
  const auto start = std::chrono::steady_clock::now();
  publish();
  const std::chrono::duration<double> once = std::chrono::steady_clock::now() - start;
  std::mt19937 random(1);
  std::uniform_real_distribution<double> lifetime(0, 3);  // in publications, so that each of their steps is hit
  for (int round = 0; round < 20; ++round) {
    const pid_t child = in_child([&] {
      for (;;) publish(true);
    });
    std::this_thread::sleep_for(lifetime(random) * once);  // the moment itself: nothing waits for it
    kill(child, SIGKILL);
    ASSERT_EQ(waitpid(child, nullptr, 0), child);
    expect_whole(store(), directory());
  }
  const auto before = store().versions().size();
  publish(true);
  EXPECT_EQ(store().versions().size(), before + 1);
  expect_whole(store(), directory());
  EXPECT_THAT(names_in(directory()), Not(testing::Contains(StartsWith(".incoming-"))));
}

// Do two processes that publish at once lose a version or give one counter to two?
TEST_F(ModelStoreTest, LetsTwoProcessesPublishAtOnce) {
  constexpr std::size_t kEach = 8;
  std::array<pid_t, 2> children{};
  for (auto& child : children) {
    child = in_child([&] {
      for (std::size_t i = 0; i < kEach; ++i) publish(true);
    });
  }
  for (const auto child : children) {
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
  }
  std::vector<std::uint64_t> counters, expected(2 * kEach);
  for (const auto& version : store().versions()) counters.push_back(counter_of(version).value_or(0));
  std::iota(expected.begin(), expected.end(), 1);
  EXPECT_EQ(counters, expected);
  EXPECT_EQ(store().current(), store().versions().back());
  expect_whole(store(), directory());
}

}  // namespace
}  // namespace propriod::model
