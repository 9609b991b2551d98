#include "train/plots.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <limits>

#include "tests/train/experiment_report_fixture.hpp"
#include "train/experiment_curves.hpp"
#include "train/experiment_summary.hpp"

namespace propriod::train {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::Pair;
using testing::SizeIs;

TEST_F(ReportOfAnExperiment, PlotsLossAndAccuracyOfBothTasks) {
  report_.plan.methods = {"smooth-distill"};
  run_all([](const auto&) { return 5; });
  const auto variants = summarise(report_.runs, report_.results);
  const auto plots = epoch_plots(variants);
  ASSERT_THAT(plots, SizeIs(4));
  EXPECT_EQ(plots[0].title, "w, activity: loss");
  EXPECT_EQ(plots[3].title, "w, placement: accuracy");
  for (const auto& plot : plots) {
    ASSERT_THAT(plot.series, SizeIs(2)) << plot.title;
    EXPECT_TRUE(plot.series[0].dashed) << "training";
    EXPECT_THAT(plot.series[1].points, SizeIs(3));
  }
  EXPECT_THAT(plots[0].series[1].points, ElementsAre(Pair(1, 1.5), Pair(2, 0.75), Pair(3, 0.5)));
}

TEST(GnuplotScript, MarksFewWholePlacesButNotOnALogarithmicAxis) {
  Plot plot{
      .title = "t", .x_label = "x", .y_label = "y", .series = {{.name = "s", .points = {{1, 1}, {2, 2}, {10, 3}}}}};
  EXPECT_THAT(gnuplot_script(plot), HasSubstr("set xtics 1\n"));
  plot.logarithmic_x = true;  // there a distance of 1 is a factor of 1, and gnuplot marks nothing
  EXPECT_THAT(gnuplot_script(plot), Not(HasSubstr("set xtics 1\n")));
}

TEST_F(ReportOfAnExperiment, PlotsOverOneAxisAloneWhereSeveralVary) {
  report_.plan.methods = {"smooth-distill"};
  report_.plan.lambdas = {0.1, 1};
  report_.plan.training_ratios = {0.5, 0.8};
  run_all([](const auto&) { return 5; });
  const auto variants = summarise(report_.runs, report_.results);
  const auto names = [](const Plot& plot) {
    std::vector<std::string> all;
    for (const auto& series : plot.series) all.push_back(series.name);
    return all;
  };
  EXPECT_THAT(names(lambda_plots(variants).at(0)), ElementsAre("50 % to train on", "80 % to train on"));
  EXPECT_THAT(names(ratio_plots(variants).at(0)), ElementsAre("λ = 0.1", "λ = 1"));
}

TEST_F(ReportOfAnExperiment, NeverJoinsTwoPhases) {
  report_.plan.methods = {"singletask", "born-again"};
  run_all([](const auto&) { return 5; });
  const auto variants = summarise(report_.runs, report_.results);
  const auto plots = epoch_plots(variants);
  ASSERT_THAT(plots, SizeIs(4));
  const auto xs = [](const PlotSeries& series) {
    std::vector<double> places;
    for (const auto& [x, y] : series.points) places.push_back(std::isfinite(y) ? x : 0);
    return places;
  };
  for (const auto& plot : plots) EXPECT_THAT(plot.borders, ElementsAre(3.5)) << plot.title;
  EXPECT_THAT(xs(plots[0].series[1]), ElementsAre(1, 2, 3)) << "singletask's activity";
  EXPECT_THAT(xs(plots[2].series[1]), ElementsAre(4, 5, 6)) << "its placement comes second";
  EXPECT_THAT(xs(plots[0].series[3]), ElementsAre(1, 2, 3, 0, 4, 5, 6)) << "born-again: 0 is the gap";
}

TEST(Plot, BreaksItsLinesWhereThereIsNoValue) {
  const double nothing = std::numeric_limits<double>::quiet_NaN();
  const Plot plot{.title = {},
                  .x_label = {},
                  .y_label = {},
                  .series = {{.name = "s", .points = {{0, nothing}, {1, 5}, {2, nothing}, {3, nothing}, {4, 6}}}},
                  .borders = {2.5}};
  const auto script = gnuplot_script(plot);
  EXPECT_THAT(script, HasSubstr("EOD\n1 5\n\n4 6\nEOD\n"));
  EXPECT_THAT(script, HasSubstr("set arrow from 2.5, graph 0 to 2.5, graph 1 nohead"));
}

TEST(Plot, LetsNoNameBeACommand) {
  const Plot plot{.title = "'; system('rm') #`x`\n@m\\",
                  .x_label = {},
                  .y_label = {},
                  .series = {{.name = "λ = 0.5, \"a\"", .points = {{1, 1}}}}};
  const auto script = gnuplot_script(plot);
  EXPECT_THAT(script, HasSubstr("set title '?; system(?rm?) ??x???m?'"));
  EXPECT_THAT(script, HasSubstr("title 'λ = 0.5, ?a?'"));
}

}  // namespace
}  // namespace propriod::train
