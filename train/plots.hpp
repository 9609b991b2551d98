#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace propriod::train {

/// One line of a plot.
struct PlotSeries {
  std::string name;                               ///< empty: not in the legend
  std::vector<std::pair<double, double>> points;  ///< one that is not finite is a gap in the line
  int colour = 0;                                 ///< series of one colour belong together
  bool dashed = false;
  bool markers = true;
};

struct Plot {
  std::string title, x_label, y_label;
  std::vector<PlotSeries> series;
  bool logarithmic_x = false;     ///< only with positive x
  std::vector<double> borders{};  ///< places on the x axis with an upright dotted line
};

/// `plot` as gnuplot commands. Names and labels keep their letters, digits and plain punctuation; all else becomes "?",
/// so that none can be a command.
[[nodiscard]] std::string gnuplot_script(const Plot& plot);

/// An SVG element for an HTML page, in the page's colour of text, by the program `gnuplot`. `id` is unique in the page.
/// None when gnuplot is not there, fails or takes longer than a minute.
[[nodiscard]] std::optional<std::string> svg(const Plot& plot, const std::string& id,
                                             const std::string& gnuplot = "gnuplot");

}  // namespace propriod::train
