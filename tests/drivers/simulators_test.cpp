// The simulators as somebody starts them by hand: do they say what is wrong with what they were given, leave alone what
// is not theirs, and end as their caller would want?

#include <gmock/gmock.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <ostream>
#include <string>
#include <thread>
#include <vector>

#include "drivers/adxl345_registers.hpp"
#include "tests/simulators/adxl345_model.hpp"
#include "tests/simulators/adxl345_serial_simulator.hpp"
#include "tests/simulators/fault_script.hpp"
#include "tests/simulators/pty_host.hpp"
#include "tests/simulators/shimmer_simulator.hpp"
#include "tests/simulators/slow_turn.hpp"
#include "tests/simulators/usage_error.hpp"
#include "tests/support/child_process.hpp"
#include "tests/support/temporary_directory.hpp"

namespace propriod::tests {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

struct Ended {
  int code;          ///< less than 0: the signal that ended it
  std::string said;  ///< on both outputs
};

int exit_code(int status) { return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status); }

/// With a time limit, because a simulator that finds nothing wrong would wait for Ctrl-C.
Ended run(const std::string& command) {
  FILE* pipe = popen(("timeout -s INT 20 " + command + " 2>&1 </dev/null").c_str(), "r");
  Ended ended{};
  std::array<char, 4096> bytes{};
  while (const auto size = std::fread(bytes.data(), 1, bytes.size(), pipe)) ended.said.append(bytes.data(), size);
  ended.code = exit_code(pclose(pipe));
  return ended;
}

struct Program {
  std::string path;
  std::string before_options;  // what it cannot do without
  std::string behind_options;
  std::vector<std::string> faults;

  [[nodiscard]] Ended with(const std::string& options) const {
    return run(path + " " + before_options + " " + options + " " + behind_options);
  }
};
void PrintTo(const Program& program, std::ostream* out) { *out << fs::path(program.path).filename(); }

std::vector<Program> programs() {
  const std::string nowhere = "/no-such-folder/tty";
  return {
#ifdef PROPRIOD_I2C_SIMULATOR
      {PROPRIOD_I2C_SIMULATOR,
       "",
       "-- true",
       {"nack", "stuck-bus", "late-failure", "garble", "wrong-id", "stick", "brown-out"}},
#endif
      {PROPRIOD_SERIAL_SIMULATOR, nowhere, "", {"drop", "insert", "flip", "stall", "hang-up", "reboot", "garbage"}},
      {PROPRIOD_SHIMMER_SIMULATOR,
       nowhere,
       "",
       {"drop", "insert", "flip", "stall", "hang-up", "withhold-ack", "status", "lose", "freeze", "docked"}}};
}

class SimulatorPrograms : public testing::TestWithParam<Program> {
 protected:
  TemporaryDirectory directory_;
};

TEST_P(SimulatorPrograms, HelpIsReadableAndListsEveryFault) {
  const Ended help = run(GetParam().path + " --help");
  EXPECT_EQ(help.code, 0);
  EXPECT_TRUE(std::ranges::all_of(help.said, [](unsigned char c) { return c == '\n' || c >= ' '; })) << help.said;
  EXPECT_THAT(help.said, Not(HasSubstr("->")));
  for (const auto& fault : GetParam().faults) EXPECT_THAT(help.said, HasSubstr("\n  " + fault)) << fault;
}

TEST_P(SimulatorPrograms, NameAnUnknownOptionWhateverElseIsMissing) {
  const Ended ended = run(GetParam().path + " --bogus");
  EXPECT_EQ(ended.code, 2);
  EXPECT_THAT(ended.said, HasSubstr("there is no option --bogus"));
}

TEST_P(SimulatorPrograms, SayWhatIsMissing) {
  const Ended ended = run(GetParam().path);
  EXPECT_EQ(ended.code, 2);
  EXPECT_THAT(ended.said, HasSubstr("is required"));
}

TEST_P(SimulatorPrograms, CheckAFaultScriptBeforeTheyStart) {
  const std::string script = (directory_ / "faults.txt").string();
  std::ofstream(script) << "# none of these is right\nexplode\n1 explode\n9 " << GetParam().faults[0] << " x\n";
  const Ended ended = GetParam().with("--faults " + script);
  EXPECT_EQ(ended.code, 2);
  EXPECT_THAT(ended.said, AllOf(StartsWith(script + ":2: "), HasSubstr("\n" + script + ":3: there is no fault explode"),
                                HasSubstr("\n" + script + ":4: ")));
  EXPECT_EQ(std::ranges::count(ended.said, '\n'), 3) << ended.said;
}

INSTANTIATE_TEST_SUITE_P(All, SimulatorPrograms, testing::ValuesIn(programs()), [](const auto& tested) {
  return std::string(tested.param.path.substr(tested.param.path.rfind('/') + 1));
});

TEST(SimulatorOptions, ThatAreOneOfAFewNamesSayWhich) {
  const Ended model = run(PROPRIOD_SHIMMER_SIMULATOR " /no-such-folder/tty --model foo");
  EXPECT_EQ(model.code, 2);
  EXPECT_THAT(model.said, HasSubstr("--model: foo is none of 2, 2r, 3, 3r"));
  const Ended unit = run(PROPRIOD_SERIAL_SIMULATOR " /no-such-folder/tty --unit foo");
  EXPECT_EQ(unit.code, 2);
  EXPECT_THAT(unit.said, HasSubstr("--unit: foo is none of raw, mg, g, m/s2"));
  EXPECT_EQ(run(PROPRIOD_SHIMMER_SIMULATOR " /no-such-folder/tty --firmware 1").code, 2);
}

TEST(SimulatorLink, InAFolderThatIsMissingIsWrongUsage) {
  const Ended ended = run(PROPRIOD_SHIMMER_SIMULATOR " /no-such-folder/tty");
  EXPECT_EQ(ended.code, 2);
  EXPECT_EQ(ended.said, "/no-such-folder/tty: there is no folder /no-such-folder\n");
}

TEST(SimulatorLink, NeverReplacesWhatNoSimulatorMade) {
  const TemporaryDirectory directory;
  const fs::path link = directory / "tty";
  std::ofstream(link) << "precious";
  const Ended ended = run(std::string(PROPRIOD_SERIAL_SIMULATOR " --seconds 0.1 ") + link.string());
  EXPECT_EQ(ended.code, 2);
  EXPECT_THAT(ended.said, HasSubstr(link.string() + ": there is something that no simulator made"));
  EXPECT_TRUE(fs::is_regular_file(link));

  fs::remove(link);
  fs::create_symlink("/dev/null", link);
  Adxl345SerialSimulator device({});
  EXPECT_THROW(PtyHost(device, link), UsageError);
  EXPECT_EQ(fs::read_symlink(link), "/dev/null");
}

TEST(SimulatorLink, ReplacesWhatAKilledSimulatorLeft) {
  const TemporaryDirectory directory;
  const fs::path link = directory / "tty";
  fs::create_symlink("/dev/pts/987654", link);
  std::ofstream(link.string() + ".next") << "precious";
  Adxl345SerialSimulator device({});
  {
    const PtyHost host(device, link);
    EXPECT_NE(fs::read_symlink(link), "/dev/pts/987654");
    EXPECT_TRUE(fs::exists(link));
  }
  EXPECT_FALSE(fs::is_symlink(link));
  EXPECT_TRUE(fs::is_regular_file(link.string() + ".next"));
}

TEST(SimulatorLink, IsLeftAloneOnceItIsAnothers) {
  const TemporaryDirectory directory;
  const fs::path link = directory / "tty";
  Adxl345SerialSimulator device({});
  {
    const PtyHost host(device, link);
    fs::remove(link);
    fs::create_symlink("/dev/null", link);
  }
  EXPECT_EQ(fs::read_symlink(link), "/dev/null");
}

TEST(SimulatorLink, IsNotMadeAgainWhereSomethingElseIsMeanwhile) {
  const TemporaryDirectory directory;
  const fs::path link = directory / "tty";
  Adxl345SerialSimulator device({});
  PtyHost host(device, link);
  host.unplug();
  while (host.is_plugged()) std::this_thread::yield();
  std::ofstream(link) << "precious";
  testing::internal::CaptureStderr();
  host.plug();
  std::this_thread::sleep_for(std::chrono::milliseconds{100});
  EXPECT_THAT(testing::internal::GetCapturedStderr(), HasSubstr("no simulator made"));
  EXPECT_FALSE(host.is_plugged());
  EXPECT_TRUE(fs::is_regular_file(link));
  fs::remove(link);
  host.plug();
  while (!host.is_plugged()) std::this_thread::yield();
}

TEST(SerialSimulators, SayOnStandardErrorThatTheyAreThereAndEndWithASignal) {
  const TemporaryDirectory directory;
  const std::string link = (directory / "tty").string();
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    ChildProcess serial({PROPRIOD_SERIAL_SIMULATOR, link, "--format", "cobs"});
    serial.await_output(link + " is a microcontroller with an ADXL345");
    EXPECT_TRUE(fs::is_symlink(link));
    serial.send_signal(signal);
    EXPECT_EQ(exit_code(serial.wait()), 0);
    EXPECT_FALSE(fs::is_symlink(link));
  }
  ChildProcess shimmer({PROPRIOD_SHIMMER_SIMULATOR, link, "--model", "2r"});
  shimmer.await_output(link + " is a Shimmer2r");
  shimmer.send_signal(SIGHUP);
  EXPECT_EQ(exit_code(shimmer.wait()), 0);
}

TEST(SlowTurn, HasANormOf1gAndNoise) {
  SlowTurn signal;
  AccelCounts last{};
  int repeats = 0;
  for (std::uint64_t index = 0; index < 10'000; ++index) {
    const AccelCounts counts = signal(index);
    EXPECT_NEAR(std::hypot(counts[0], counts[1], counts[2]), 256, 10);
    repeats += counts == last ? 1 : 0;
    last = counts;
  }
  EXPECT_LT(repeats, 2000);
}

TEST(FaultScripts, SayForEachMistakeWhatIsAllowed) {
  const std::array kinds{
      FaultKind{"drop", FaultArgument::kCount, "3", ""},      FaultKind{"stall", FaultArgument::kSeconds, "1.5", ""},
      FaultKind{"insert", FaultArgument::kBytes, "00ff", ""}, FaultKind{"wrong-id", FaultArgument::kByte, "e4", ""},
      FaultKind{"stick", FaultArgument::kAxis, "2", ""},      FaultKind{"freeze", FaultArgument::kNone, "", ""}};
  const auto mistakes = [&](const std::string& text) -> std::string {
    try {
      static_cast<void>(parse_fault_script(text, kinds, "f"));
      return "";
    } catch (const UsageError& error) {
      return error.what();
    }
  };
  EXPECT_EQ(
      mistakes("1 drop 3\n\n # comment\n2.5 stall 0.5 # why\r\n3 insert 00FF\n3 wrong-id e4\n4 stick -1\n4 freeze"),
      "");
  const std::string time = "; allowed: lines SECONDS NAME [ARGUMENT], as in \"5 drop 3\"";
  EXPECT_EQ(mistakes("5"), "f:1: the name of a fault is missing" + time);
  EXPECT_EQ(mistakes("\ndrop 3"), "f:2: drop is no time in seconds" + time);
  EXPECT_EQ(mistakes("-1 drop 3"), "f:1: -1 is no time in seconds" + time);
  EXPECT_EQ(mistakes("nan drop 3"), "f:1: nan is no time in seconds" + time);
  EXPECT_EQ(mistakes("2 drop 3\n1 drop 3"), "f:2: 1 s is earlier than the line before; allowed: times that ascend");
  EXPECT_EQ(mistakes("1 fall 3"), "f:1: there is no fault fall; allowed: drop, stall, insert, wrong-id, stick, freeze");
  EXPECT_EQ(mistakes("1 drop"), "f:1: what drop needs is missing; allowed: a whole number, as in \"drop 3\"");
  EXPECT_EQ(mistakes("1 drop 3 4"), "f:1: drop cannot do with \"3 4\"; allowed: a whole number, as in \"drop 3\"");
  for (const auto* bad :
       {"drop x", "drop -1", "drop 1.5", "drop 99999999999999999999", "stall -1", "stall 1s", "insert 0", "insert 0x55",
        "insert fg", "wrong-id e", "wrong-id 1e4", "stick 3", "stick x", "freeze 1"}) {
    EXPECT_THAT(mistakes(std::string("1 ") + bad), HasSubstr("; allowed: ")) << bad;
  }
}

/// The tables that scripts are checked against, and the devices that carry the faults out, know the same ones.
TEST(Faults, OfTheTablesAreKnownToTheDevices) {
  Adxl345Model chip({.now = [] { return std::chrono::nanoseconds{0}; }, .signal = SlowTurn{}});
  for (const auto& kind : Adxl345Model::kFaults) {
    EXPECT_TRUE(chip.fault(std::string(kind.name), std::string(kind.example))) << kind.name;
  }
  Adxl345SerialSimulator serial({});
  for (const auto& kind : Adxl345SerialSimulator::kFaults) EXPECT_TRUE(serial.fault(kind.name, kind.example));
  ShimmerSimulator shimmer({});
  for (const auto& kind : ShimmerSimulator::kFaults) EXPECT_TRUE(shimmer.fault(kind.name, kind.example)) << kind.name;
}

#ifdef PROPRIOD_I2C_SIMULATOR
const std::string kI2c = PROPRIOD_I2C_SIMULATOR " ";

TEST(I2cSimulator, GivesTheProgramAllThatComesBehindTheDashes) {
  for (const auto* addresses : {"--address 0x53 --address 0x1d", "--address=0x53 --address=0x1d"}) {
    const Ended ended = run(kI2c + addresses + " -- echo --json --address 0x19 -- '[a,b]'");
    EXPECT_EQ(ended.code, 0) << ended.said;
    EXPECT_THAT(ended.said,
                AllOf(HasSubstr("--json --address 0x19 -- [a,b]\n"), HasSubstr("0x53: "), HasSubstr("0x1d: ")));
  }
  EXPECT_THAT(run(kI2c + "echo --json").said, HasSubstr("behind --"));
}

TEST(I2cSimulator, RefusesWhatIsNoAddress) {
  for (const std::string address : {"xx", "0x153", "0x78", "-1", "0x53x", "\"\""}) {
    const Ended ended = run(kI2c + "--address=" + address + " -- true");
    EXPECT_EQ(ended.code, 2) << address;
    EXPECT_THAT(ended.said, StartsWith("--address: ")) << address;
  }
  EXPECT_THAT(run(kI2c + "--address 53 --address 0x53 -- true").said, HasSubstr("0x53 twice"));
}

TEST(I2cSimulator, EndsAsItsProgramDoes) {
  EXPECT_EQ(run(kI2c + "-- sh -c 'exit 7'").code, 7);
  const Ended killed = run(kI2c + "-- sh -c 'kill -SEGV $$'");
  EXPECT_EQ(killed.code, 128 + SIGSEGV);
  EXPECT_THAT(killed.said, HasSubstr("sh was ended by signal 11 (Segmentation fault)"));
  const Ended missing = run(kI2c + "-- /no-such-program");
  EXPECT_EQ(missing.code, 2);
  EXPECT_THAT(missing.said, HasSubstr("/no-such-program: No such file or directory"));
}

TEST(I2cSimulator, PassesSignalsOnAndWaitsForTheProgram) {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    ChildProcess simulator({PROPRIOD_I2C_SIMULATOR, "--", "sh", "-c",
                            "trap 'sleep 0.2; echo cleaned >&2; exit 9' INT TERM HUP; echo ready >&2; "
                            "while true; do sleep 0.05; done"});
    simulator.await_output("ready");
    simulator.send_signal(signal);
    simulator.await_output("cleaned");
    EXPECT_EQ(exit_code(simulator.wait()), 9);
  }
}
#endif

}  // namespace
}  // namespace propriod::tests
