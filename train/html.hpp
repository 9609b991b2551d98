#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace propriod::train {

/// Foreign text as HTML, well-formed XML too: control characters and broken UTF-8 become "?". Any thread.
[[nodiscard]] std::string html_escaped(std::string_view text);

/// A cell of a table, escaped by it.
struct HtmlCell {
  HtmlCell(std::string text) : text(std::move(text)) {}  // NOLINT: a cell is most often just its text
  HtmlCell(const char* text) : text(text) {}             // NOLINT
  HtmlCell(std::string text, double heat) : text(std::move(text)), heat(heat) {}

  std::string text;
  std::optional<double> heat;  ///< 0 … 1: how strongly it is coloured
};

/// A table that scrolls sideways where the screen is too narrow. The first cell of a row is its heading.
class HtmlTable {
 public:
  HtmlTable(std::string_view caption, const std::vector<std::string>& head);

  void row(const std::vector<HtmlCell>& cells);
  [[nodiscard]] bool empty() const noexcept { return rows_.empty(); }
  [[nodiscard]] std::string html() const;

 private:
  std::string caption_;
  std::string head_;
  std::string rows_;
  bool heated_ = false;  ///< some cells are coloured: it is a matrix, whose columns are narrow
};

/// `<p>` with escaped text, of the given class.
[[nodiscard]] std::string html_paragraph(std::string_view text, std::string_view css_class = "");

/// HTML that a screen folds up under a line of text, and paper shows.
[[nodiscard]] std::string html_details(std::string_view summary, std::string_view html);

/// The whole page, with its style and nothing from elsewhere: light and dark, on a phone and on paper. `body` is HTML.
[[nodiscard]] std::string html_page(std::string_view title, std::string_view body);

}  // namespace propriod::train
