#include "train/plots.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <chrono>
#include <cmath>
#include <stdexcept>
#include <string_view>
#include <thread>

#include "drivers/label.hpp"
#include "train/child_process.hpp"

namespace propriod::train {
namespace {

constexpr auto kPatience = std::chrono::seconds{60};
constexpr std::ptrdiff_t kPlotHeight = 290;  // of the 480 wide, without the legend
constexpr std::ptrdiff_t kLegendLine = 17;
constexpr std::size_t kMostBytes = 16U << 20U;

/// What the page's own colour takes the place of.
constexpr std::string_view kInk = "#010203";

/// Told apart on white and on black, and by most colour-blind people.
constexpr std::array<std::string_view, 8> kColours{"#3d85c6", "#d9662b", "#2f9e68", "#b5579d",
                                                   "#b8860b", "#7a6fd0", "#5f7f8f", "#c0392b"};

/// A text as gnuplot takes it literally, quotes included.
std::string quoted(std::string_view text) {
  const bool utf8 = drivers::is_plain_text(text, text.size());
  std::string result = "'";
  for (const char c : text) {
    const bool plain = std::isalnum(static_cast<unsigned char>(c)) != 0 ||
                       std::string_view(" .,:;+-_/()=%<>").find(c) != std::string_view::npos;
    const bool letter = utf8 && (static_cast<unsigned char>(c) & 0x80U) != 0;
    result += plain || letter ? c : '?';
  }
  return result + "'";
}

/// Bytes in memory that a child can read or write as a file.
class MemoryFile {
 public:
  MemoryFile() : descriptor_(memfd_create("propriod_plot", MFD_CLOEXEC)) {
    if (descriptor_ < 0) throw std::runtime_error("no memory for a plot");
  }
  ~MemoryFile() { close(descriptor_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  [[nodiscard]] int descriptor() const noexcept { return descriptor_; }

  void put(const std::string& text) const {
    if (write(descriptor_, text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
      throw std::runtime_error("no memory for a plot");
    }
    lseek(descriptor_, 0, SEEK_SET);
  }

  [[nodiscard]] std::string contents() const {
    struct stat about {};
    if (fstat(descriptor_, &about) != 0 || static_cast<std::size_t>(about.st_size) > kMostBytes) return {};
    std::string text(static_cast<std::size_t>(about.st_size), '\0');
    const auto size = pread(descriptor_, text.data(), text.size(), 0);
    text.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
    return text;
  }

 private:
  int descriptor_;
};

void replace_all(std::string& text, std::string_view what, std::string_view with) {
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size())) {
    text.replace(at, what.size(), with);
  }
}

/// gnuplot's SVG file as an element of a page: ids of its own, the page's colour for text, no white behind it.
std::string as_element(std::string text, const std::string& id) {
  const auto start = text.find("<svg");
  if (start == std::string::npos || text.find("</svg>", start) == std::string::npos) return {};
  text.erase(0, start);
  for (const auto* colour : {"rgb(  1,   2,   3)", "rgb(1,2,3)"}) replace_all(text, colour, "currentColor");
  for (const auto* colour : {" color=\"black\"", " color=\"gray\"", "<title>Gnuplot</title>"}) {
    replace_all(text, colour, "");
  }
  replace_all(text, "fill=\"#ffffff\"", "fill=\"none\"");
  replace_all(text, "id=\"", "id=\"" + id + "-");
  replace_all(text, "id='", "id='" + id + "-");
  replace_all(text, "href='#", "href='#" + id + "-");
  replace_all(text, "url(#", "url(#" + id + "-");
  return text;
}

/// Whether x are few whole numbers, such as epochs, between which gnuplot would put marks that mean nothing.
bool few_whole_places(const Plot& plot) {
  constexpr double kMostMarks = 12;
  return std::ranges::all_of(plot.series, [](const PlotSeries& series) {
    return std::ranges::all_of(series.points, [](const auto& point) {
      return !std::isfinite(point.second) || (point.first == std::floor(point.first) && point.first <= kMostMarks);
    });
  });
}

}  // namespace

std::string gnuplot_script(const Plot& plot) {
  std::string script = fmt::format(
      "set terminal svg size 480,{4} dynamic font 'sans-serif,13' noenhanced\n"
      "set border lc rgb '{0}'\nset tics textcolor rgb '{0}'\nset key below left Left reverse maxcols 1 height 1 "
      "textcolor "
      "rgb '{0}'\n"
      "set grid lc rgb '#888888' lw 0.5\nset title {1} textcolor rgb '{0}'\n"
      "set xlabel {2} offset 0,0.4 textcolor rgb '{0}'\nset ylabel {3} textcolor rgb '{0}'\nset offsets "
      "graph 0.02, 0.02, 0.02, 0.02\nset autoscale xfix\n",
      kInk, quoted(plot.title), quoted(plot.x_label), quoted(plot.y_label),
      kPlotHeight + kLegendLine * std::ranges::count_if(plot.series, [](const auto& s) { return !s.name.empty(); }));
  if (!plot.logarithmic_x && few_whole_places(plot)) script += "set xtics 1\n";
  if (plot.logarithmic_x) script += "set logscale x\nset offsets 0, 0, 0, 0\n";
  for (const double x : plot.borders) {
    script += fmt::format("set arrow from {0}, graph 0 to {0}, graph 1 nohead lc rgb '{1}' dt 3\n", x, kInk);
  }
  std::vector<std::string> lines;
  for (const auto& series : plot.series) {
    std::string points;
    bool gap = false;  // one empty line, whatever is left out: two would be the end of the data
    for (const auto& [x, y] : series.points) {
      if (!std::isfinite(x) || !std::isfinite(y) || (plot.logarithmic_x && x <= 0)) {
        gap = !points.empty();
        continue;
      }
      points += fmt::format("{}{} {}\n", gap ? "\n" : "", x, y);
      gap = false;
    }
    if (points.empty()) continue;
    script += fmt::format("$d{} << EOD\n{}EOD\n", lines.size(), points);
    lines.push_back(fmt::format(
        "$d{} using 1:2 with {} lc rgb '{}' lw 2 dt {}{} {}", lines.size(), series.markers ? "linespoints" : "lines",
        kColours[static_cast<std::size_t>(series.colour) % kColours.size()], series.dashed ? 2 : 1,
        series.markers ? " pt 7 ps 0.5" : "", series.name.empty() ? "notitle" : "title " + quoted(series.name)));
  }
  if (lines.empty()) return {};
  return script + fmt::format("plot {}\n", fmt::join(lines, ", "));
}

std::optional<std::string> svg(const Plot& plot, const std::string& id, const std::string& gnuplot) {
  const auto script = gnuplot_script(plot);
  if (script.empty()) return std::nullopt;
  const MemoryFile input;
  const MemoryFile output;
  input.put(script);
  ChildProcess child({.arguments = {gnuplot, "-d", "-"},  // -d: nobody's own settings
                      .environment = {"LC_ALL=C.UTF-8"},
                      .standard_input = input.descriptor(),
                      .standard_output = output.descriptor()});
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  auto status = child.ended();
  while (!status && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds{5});
    status = child.ended();
  }
  if (!status || *status != 0) return std::nullopt;
  auto element = as_element(output.contents(), id);
  if (element.empty()) return std::nullopt;
  return element;
}

}  // namespace propriod::train
