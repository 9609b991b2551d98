// Is what is wrong with a sensor in the log, once?
#include "daemon/problem_log.hpp"

#include <gmock/gmock.h>
#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <memory>
#include <sstream>
#include <string>

namespace propriod::daemon {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

class ProblemLogTest : public testing::Test {
 protected:
  ProblemLogTest() {
    auto logger = std::make_shared<spdlog::logger>("test", std::make_shared<spdlog::sinks::ostream_sink_st>(text_));
    logger->set_pattern("%v");
    before_ = spdlog::default_logger();
    spdlog::set_default_logger(logger);
  }
  ~ProblemLogTest() override { spdlog::set_default_logger(before_); }

  /// What was logged since the last call.
  std::string logged() {
    auto text = text_.str();
    text_.str("");
    return text;
  }

  ProblemLog log_;

 private:
  std::ostringstream text_;
  std::shared_ptr<spdlog::logger> before_;
};

TEST_F(ProblemLogTest, SaysAProblemOnceForAsLongAsItStays) {
  log_.tell("chest", true, {"at rest it measures 8.1 m/s²"});
  EXPECT_THAT(logged(), HasSubstr("sensor_problem sensor=chest problem=\"at rest it measures 8.1 m/s²\""));
  log_.tell("chest", true, {"at rest it measures 8.3 m/s²"});
  EXPECT_THAT(logged(), IsEmpty());
  log_.tell("chest", true, {"at rest it measures 8.3 m/s²", "x is stuck"});
  EXPECT_THAT(logged(), HasSubstr("x is stuck"));
  log_.tell("chest", true, {});
  log_.tell("chest", true, {"x is stuck"});
  EXPECT_THAT(logged(), HasSubstr("x is stuck"));
}

TEST_F(ProblemLogTest, LeavesToTheDriverWhyADeviceIsAway) {
  log_.tell("chest", false, {"/dev/i2c-1: cannot be opened"});
  EXPECT_THAT(logged(), IsEmpty());
}

}  // namespace
}  // namespace propriod::daemon
