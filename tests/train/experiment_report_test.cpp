#include "train/experiment_report.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/train/experiment_report_fixture.hpp"
#include "train/experiment_summary.hpp"
#include "train/html.hpp"
#include "train/plots.hpp"

namespace propriod::train {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

TEST_F(ReportOfAnExperiment, HasThePapersFiguresBesideOursAndSaysWhatDiffers) {
  report_.plan.methods = {"multitask", "smooth-distill"};
  report_.plan.seeds = {0, 1};
  run_all([](const auto& run) { return (run.method == "multitask" ? 6 : 8) + static_cast<int>(run.seed); });
  const auto text = page();
  EXPECT_THAT(text, HasSubstr("A &lt;title&gt; &amp; more"));
  EXPECT_THAT(text, HasSubstr("<th scope=\"row\">multitask</th><td>65.00 ± 7.07</td>"));
  EXPECT_THAT(text, HasSubstr("<th scope=\"row\">smooth-distill</th><td>85.00 ± 7.07</td>"));
  EXPECT_THAT(text, HasSubstr("<td>68.59 / 68.58</td><td>89.05 / 88.85</td>"));
  EXPECT_THAT(text,
              HasSubstr("Not the paper&#39;s protocol, so its figures are no measure for these: windows do not run "
                        "across borders"));
  EXPECT_THAT(text, HasSubstr("<th scope=\"col\">paper (another protocol, see below), activity: accuracy / F1</th>"));
  EXPECT_THAT(text, HasSubstr("network mtl-net sees the whole window"));
  EXPECT_THAT(text, HasSubstr("2 people, not 51"));
  EXPECT_THAT(text, HasSubstr("100 windows, not 143,023"));
  EXPECT_THAT(text, HasSubstr("3 epochs, not 300; 2 seeds, not 5"));
  EXPECT_THAT(text, Not(HasSubstr("windows a step")));
  EXPECT_THAT(text, HasSubstr("seeds 0, 1; first training: 64 windows to train, 16 to validate, 20 to test"));
  EXPECT_THAT(text, HasSubstr("(windows of one person on both sides: flatters)"));
  EXPECT_THAT(text, HasSubstr("propriod 1.2.3, on a machine. 4 of 4 trainings done"));
  EXPECT_THAT(text, HasSubstr("sit &lt;down&gt;"));
  EXPECT_THAT(text, HasSubstr("not measured")) << "energy";
  EXPECT_THAT(text, HasSubstr("<td>1.30</td><td>1.13</td>")) << "times multitask, ours and the paper's";
  EXPECT_THAT(text, HasSubstr("There are no plots: gnuplot"));
  EXPECT_THAT(written_.plots_missing, HasSubstr("gnuplot"));
  EXPECT_THAT(text, Not(HasSubstr("http://www.w3.org/1999/xlink"))) << "no plot, no other source";
}

TEST_F(ReportOfAnExperiment, TestsDifferencesInPairs) {
  report_.plan.methods = {"multitask", "smooth-distill"};
  report_.plan.folds = 3;
  run_all([](const auto& run) { return (run.method == "multitask" ? 5 : 7) + run.fold % 2; });
  report_.plan.report = {"table8"};
  predictions(report_.runs[0], 4);
  predictions(report_.runs[3], 10);
  const auto text = page();
  EXPECT_THAT(text, HasSubstr("multitask – smooth-distill</th><td>3</td><td>-20.00</td>"));
  EXPECT_THAT(
      text,
      HasSubstr("multitask – smooth-distill</th><td>seed 0, validation fold 0</td><td>0</td><td>6</td><td>0.031</td>"
                "<td>0</td><td>0</td><td>1.000</td>"))
      << "McNemar: 6 : 0, exactly 2/64";
  EXPECT_THAT(text, Not(HasSubstr("Table 5")));
}

TEST_F(ReportOfAnExperiment, NamesNetworkBatchAndRecipeThatAreNotThePapers) {
  report_.plan.architectures = {"mtl-net-published", "gru"};
  report_.plan.recipes = {"paper", "best"};
  report_.plan.batch = 256;
  run_all([](const auto&) { return 5; });
  const auto text = page();
  EXPECT_THAT(text, HasSubstr("network gru is not the paper&#39;s"));
  EXPECT_THAT(text, Not(HasSubstr("sees the whole window")));
  EXPECT_THAT(text, HasSubstr("recipe best is ours"));
  EXPECT_THAT(text, HasSubstr("256 windows a step, not 64"));
}

TEST_F(ReportOfAnExperiment, AveragesOverTheTasksThatThereAre) {
  report_.plan.methods = {"multitask", "smooth-distill"};
  report_.plan.folds = 2;
  run_all([](const auto& run) { return (run.method == "multitask" ? 5 : 7) + run.fold; });
  for (auto& [id, result] : report_.results) result.result["tasks"]["placement"] = nullptr;
  report_.plan.report = {"table8"};
  const auto text = page();
  EXPECT_THAT(text, HasSubstr("multitask – smooth-distill</th><td>2</td><td>-20.00</td>"));
  EXPECT_THAT(text, HasSubstr("one seed, one validation fold and one test fold"));
}

TEST_F(ReportOfAnExperiment, MarksTrainingsThatWereResumed) {
  report_.plan.methods = {"multitask", "smooth-distill"};
  run_all([](const auto&) { return 5; });
  for (const auto& run : report_.runs) {
    report_.results[run.id()].result["resumed_after"] = run.method == "multitask" ? 0 : 2;
  }
  report_.plan.report = {"table7"};
  const auto text = page();
  EXPECT_THAT(text, HasSubstr("<td>10.0</td>"));
  EXPECT_THAT(text, HasSubstr("<td>13.0 †</td>"));
  EXPECT_THAT(text, HasSubstr("† resumed"));
}

TEST_F(ReportOfAnExperiment, TellsWhatANetworkReallyComputes) {
  report_.plan.architectures = {"mtl-net", "mtl-net-published"};
  run_all([](const auto&) { return 5; });
  for (const auto& run : report_.runs) {
    report_.results[run.id()].result["flops_computed"] = run.architecture == "mtl-net" ? 5008128 : 6514944;
  }
  report_.plan.report = {"table7"};
  const auto text = page();
  EXPECT_THAT(text, HasSubstr("<td>5,008,128</td>"));
  EXPECT_THAT(text, HasSubstr("<td>5,008,128 (really 6,514,944)</td>"));
}

TEST_F(ReportOfAnExperiment, HasThePapersFiguresOnlyBesideTheSameSizeOfTest) {
  report_.plan.training_ratios = {0.5, 0.8};
  run_all([](const auto&) { return 5; });
  report_.plan.report = {"table5"};
  const auto text = page();
  EXPECT_THAT(text, HasSubstr("50 % to train on</th><td>50.00</td><td>50.00</td><td>50.00</td><td>50.00</td>"
                              "<td>4.50</td><td>4.50</td><td>1</td><td>–</td><td>–</td></tr>"));
  EXPECT_THAT(text, HasSubstr("68.59 / 68.58"));
}

TEST_F(ReportOfAnExperiment, ShowsTheCalibrationOfBothTasks) {
  report_.plan.recipes = {"paper", "best"};
  run_all([](const auto&) { return 5; });
  for (const auto& run : report_.runs) {
    if (run.recipe == "best") report_.results[run.id()].result["tasks"]["placement"]["ece_uncalibrated"] = 12.25;
  }
  report_.plan.report = {"recipes"};
  const auto text = page();
  EXPECT_THAT(text, HasSubstr("<th scope=\"row\">paper</th><td>4.50</td><td>–</td><td>4.50</td><td>–</td>"));
  EXPECT_THAT(text, HasSubstr("<th scope=\"row\">best</th><td>4.50</td><td>–</td><td>4.50</td><td>12.25</td>"));
}

TEST_F(ReportOfAnExperiment, PutsVariantsBesideTheFirst) {
  report_.plan.variants = {{.name = "as published"}, {.name = "cosine & more", .changes = {{"cosine", 1}}}};
  report_.plan.seeds = {0, 1, 2};
  run_all(
      [](const auto& run) { return (run.variant.name == "as published" ? 5 : 7) + static_cast<int>(run.seed) % 2; });
  for (const auto& run : report_.runs) {
    if (run.variant.changes.empty()) continue;
    report_.results[run.id()].result["tasks"]["activity"]["unknown"] = {{"share", 6.25}, {"accuracy_known", 81.5}};
  }
  report_.plan.report = {"table5", "variants"};
  const auto text = page();
  EXPECT_THAT(text, HasSubstr("activity: every variant beside as published"));
  EXPECT_THAT(text, HasSubstr("<th scope=\"row\">as published</th><td>53.33 ± 5.77</td><td>–</td><td>–</td>"
                              "<td>53.33 ± 5.77</td><td>–</td><td>3</td>"));
  EXPECT_THAT(text, HasSubstr("<th scope=\"row\">cosine &amp; more</th><td>73.33 ± 5.77</td><td>+20.00 ± 0.00</td>"
                              "<td>&lt; 0.001</td><td>73.33 ± 5.77</td><td>+20.00 ± 0.00</td><td>3</td>"));
  EXPECT_THAT(text, HasSubstr("<td>6.25 ± 0.00</td><td>81.50 ± 0.00</td>")) << "what becomes unknown";
  EXPECT_THAT(text, HasSubstr("<li>cosine &amp; more: <code>--cosine</code></li>"));
  EXPECT_THAT(text, HasSubstr("variants with options of their own are ours"));
  EXPECT_THAT(text, HasSubstr("<td>68.59 / 68.58</td>")) << "beside what is as published";
  EXPECT_THAT(text, HasSubstr("<td>4.50 ± 0.00</td><td>3</td><td>–</td><td>–</td></tr>"))
      << "and not beside what is not";
}

TEST_F(ReportOfAnExperiment, ComparesEachVariantWithTheFirstOfItsMethod) {
  report_.plan.methods = {"multitask", "smooth-distill"};
  report_.plan.variants = {{.name = "plain"},
                           {.name = "cosine", .changes = {{"cosine", 1}}},
                           {.name = "decay", .changes = {{"weight_decay", 1}}}};
  report_.plan.seeds = {0, 1};
  run_all([](const auto& run) { return run.variant.name == "plain" ? 5 : 6 + static_cast<int>(run.seed); });
  report_.plan.report = {"variants", "table8"};
  const auto text = page();
  EXPECT_THAT(text, HasSubstr("every variant beside multitask, plain"));
  EXPECT_THAT(text, HasSubstr("every variant beside smooth-distill, plain"));
  EXPECT_THAT(text, HasSubstr("multitask, decay – multitask, plain</th><td>2</td><td>+"));
  EXPECT_THAT(text, Not(HasSubstr("decay – multitask, cosine")));
  EXPECT_THAT(text, Not(HasSubstr("multitask, plain – smooth-distill")));
}

TEST_F(ReportOfAnExperiment, TellsEveryPlacementAndHowFarPeopleDiffer) {
  run_all([](const auto&) { return 8; });
  for (auto& [id, result] : report_.results) {
    Json activity{{"classes", {{{"label", "sit"}}, {{"label", "walk"}}}}, {"confusion", {{4, 1}, {0, 5}}}};
    result.result["per_placement"] = {{{"label", "wrist"}, {"activity", activity}},
                                      {{"label", "hip"}, {"activity", activity}}};
  }
  report_.plan.report = {"placements", "people", "confusion"};
  const auto text = page();
  EXPECT_THAT(text,
              HasSubstr("<th scope=\"row\">smooth-distill: wrist</th><td>40.00</td><td>89.90</td><td>100.00</td>"));
  EXPECT_THAT(text, HasSubstr("<summary>smooth-distill: activity at each of 2 placements</summary>"));
  EXPECT_THAT(text, HasSubstr("activity at hip, percent of each row, of one training"));
  EXPECT_THAT(text, HasSubstr("<td>activity</td><td>2</td><td>40.00</td><td>56.57</td><td>0.00 … 80.00</td>"
                              "<td>0.00 (p2)</td><td>80.00 (p1)</td>"));
}

TEST_F(ReportOfAnExperiment, SaysWhereResultsAreOfOtherData) {
  report_.plan.seeds = {0, 1, 2};
  run_all([](const auto&) { return 5; });
  EXPECT_THAT(page(), Not(HasSubstr("not of the same data")));
  report_.results[report_.runs[0].id()].result["fingerprint"] = "aa";
  EXPECT_THAT(page(), Not(HasSubstr("not of the same data"))) << "the others do not say";
  report_.results[report_.runs[1].id()].result["fingerprint"] = "bb";
  EXPECT_THAT(page(), HasSubstr("The results of data set w are not of the same data"));
}

TEST_F(ReportOfAnExperiment, PoolsTestFoldsAndKeepsIncompleteOnesOut) {
  report_.plan.data[0].split = "subject";
  report_.plan.data[0].test_folds = 2;
  report_.plan.seeds = {0, 1};
  run_all([](const auto& run) { return run.test_fold == 0 ? 4 : 10; });
  report_.results.erase(report_.runs.back().id());
  const auto variants = summarise(report_.runs, report_.results);
  ASSERT_THAT(variants, SizeIs(1));
  ASSERT_THAT(variants[0].repetitions, SizeIs(1)) << "of the second seed half is missing";
  EXPECT_DOUBLE_EQ(variants[0].repetitions[0].tasks[0]->accuracy(), 70);
  const auto text = page();
  EXPECT_THAT(text, HasSubstr("3 of 4 trainings done"));
  EXPECT_THAT(text, HasSubstr("<h2>Not done</h2>"));
  EXPECT_THAT(text, HasSubstr("<code>" + report_.runs.back().id() + "</code>"));
}

TEST_F(ReportOfAnExperiment, ComparesRecipesOnPeopleNeverLookedAt) {
  report_.plan.recipes = {"paper", "best"};
  report_.plan.data[0].chosen_on = {"p1"};
  run_all([](const auto& run) { return run.recipe == "best" ? 10 : 6; });
  report_.plan.report = {"recipes", "placements"};
  const auto text = page();
  EXPECT_THAT(
      text,
      HasSubstr("<th scope=\"row\">people that best was chosen on</th><td>60.00</td><td>100.00</td><td>+40.00</td>"));
  EXPECT_THAT(text,
              HasSubstr("<th scope=\"row\">people never looked at while choosing</th><td>0.00</td><td>0.00</td>"));
  EXPECT_THAT(text, HasSubstr("all people, wrist"));
  EXPECT_THAT(text, HasSubstr("1,797,519 parameters"));
}

TEST_F(ReportOfAnExperiment, DrawsWithGnuplot) {
  const Plot probe{.title = "t", .x_label = "x", .y_label = "y", .series = {{.name = "s", .points = {{1, 1}, {2, 2}}}}};
  if (!svg(probe, "probe")) GTEST_SKIP() << "gnuplot is not installed";
  report_.gnuplot = "gnuplot";
  report_.plan.lambdas = {0.001, 0.1, 1};
  report_.plan.methods = {"smooth-distill"};
  run_all([](const auto& run) { return run.lambda > 0.01 ? 8 : 6; });
  report_.plan.report = {"lambda", "curves"};
  const auto text = page();
  EXPECT_THAT(written_.plots_missing, IsEmpty());
  EXPECT_THAT(text, HasSubstr("id=\"plot6-gnuplot_canvas\"")) << "λ for both tasks, loss and accuracy of both";
  EXPECT_THAT(text, HasSubstr("currentColor"));
  EXPECT_THAT(text, Not(HasSubstr("fill=\"#ffffff\"")));
}

TEST_F(ReportOfAnExperiment, RefusesAResultOfAnotherForm) {
  run_all([](const auto&) { return 5; });
  report_.results.begin()->second.result["tasks"]["activity"]["confusion"] = {{1, 2}};
  EXPECT_THROW((void)page(), std::runtime_error);
}

TEST_F(ReportOfAnExperiment, NeedsNoDataForTheResultsThereAre) {
  run_all([](const auto&) { return 5; });
  report_.plan.data[0].path.clear();
  report_.plan.data.push_back({.name = "never", .path = {}, .format = "dsads"});
  report_.runs = expand(report_.plan);
  report_.absent = {{"never", "data set never is not here: where"}, {"w", "data set w is not here: where"}};
  const auto text = page();
  EXPECT_THAT(text, HasSubstr("<td>50.00</td>"));
  EXPECT_THAT(text, HasSubstr("1 of 1 trainings done"));
  EXPECT_THAT(text, HasSubstr("data set never is not here: where. It is left out."));
  EXPECT_THAT(text, Not(HasSubstr("data set w is not here")));
}

TEST_F(ReportOfAnExperiment, SaysThatThereIsNothingYet) {
  report_.runs = expand(report_.plan);
  EXPECT_THAT(page(), HasSubstr("there is nothing to report"));
}

TEST(Html, EscapesForeignText) {
  EXPECT_EQ(html_escaped("<a href='x'>&\"λ"), "&lt;a href=&#39;x&#39;&gt;&amp;&quot;λ");
  EXPECT_EQ(html_escaped("a\x01\xff"), "a??");
}

TEST(Confusion, RatesEachClassAgainstAllOthers) {
  Confusion confusion{.labels = {"a", "b"}, .windows = {{8, 2}, {1, 9}}};
  const auto classes = confusion.classes();
  EXPECT_DOUBLE_EQ(confusion.accuracy(), 85);
  EXPECT_DOUBLE_EQ(classes[0].sensitivity, 80);
  EXPECT_DOUBLE_EQ(classes[0].ppv, 100 * 8.0 / 9);
  EXPECT_DOUBLE_EQ(classes[0].npv, 100 * 9.0 / 11);
  EXPECT_DOUBLE_EQ(classes[0].accuracy, 85);
  confusion.add({.labels = {"c", "a"}, .windows = {{4, 0}, {0, 2}}});
  EXPECT_THAT(confusion.labels, ElementsAre("a", "b", "c"));
  EXPECT_THAT(confusion.windows, ElementsAre(ElementsAre(10, 2, 0), ElementsAre(1, 9, 0), ElementsAre(0, 0, 4)));
}

TEST(Confusion, DoesNotCountAClassThatNeverOccurs) {
  const Confusion confusion{.labels = {"a", "b"}, .windows = {{5, 0}, {0, 0}}};
  EXPECT_DOUBLE_EQ(confusion.macro_f1(), 100);
}

}  // namespace
}  // namespace propriod::train
