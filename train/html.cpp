#include "train/html.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "drivers/label.hpp"

namespace propriod::train {
namespace {

// Plain CSS. Colours are named once, and again for dark screens; paper is always light.
constexpr std::string_view kStyle = R"(
:root { --ink: #1b1f24; --dim: #57606a; --paper: #fff; --line: #d0d7de; --heat: 9, 105, 218; }
@media screen and (prefers-color-scheme: dark) {
  :root { --ink: #e6edf3; --dim: #9aa4af; --paper: #0d1117; --line: #3d444d; --heat: 64, 140, 240; }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0 auto; max-width: 70rem; padding: 1rem; background: var(--paper); color: var(--ink);
       font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: break-word; }
h1 { font-size: 1.6rem; line-height: 1.2; } h2 { font-size: 1.25rem; margin-top: 2.5rem; } h3 { font-size: 1rem; }
.protocol, .note { color: var(--dim); font-size: .875rem; max-width: 55rem; }
.differs { border-left: .25rem solid #bf8700; padding-left: .75rem; max-width: 55rem; }
.scroll { overflow-x: auto; margin: .25rem 0 1rem; }
table { border-collapse: collapse; font-size: .875rem; font-variant-numeric: tabular-nums; }
.caption { font-size: .875rem; font-weight: 600; margin: 1.5rem 0 0; }
th, td { padding: .3rem .6rem; border-bottom: 1px solid var(--line); text-align: right; white-space: nowrap; }
thead th { vertical-align: bottom; white-space: normal; min-width: 5rem; }
.matrix th, .matrix td { padding: .3rem .35rem; } .matrix thead th { min-width: 3rem; }
th:first-child { text-align: left; }
tbody th { font-weight: 400; white-space: normal; min-width: 8rem; }
th:first-child { position: sticky; left: 0; background: var(--paper); }
summary { cursor: pointer; font-size: .875rem; margin: 1rem 0; }
.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 26rem), 1fr)); gap: 1rem; }
figure { margin: 0; break-inside: avoid; } figure svg { display: block; width: 100%; height: auto; }
code { font-size: .875em; }
@media print {
  body { max-width: none; padding: 0; font-size: 9pt; }
  table { font-size: 7.5pt; } th, td { padding: .15rem .3rem; } .scroll { overflow: visible; }
  thead th { min-width: 0; } th:first-child { position: static; }
  .plots { grid-template-columns: 1fr 1fr; } summary { display: none; }
  details::details-content { content-visibility: visible; block-size: auto; }
  tr, figure { break-inside: avoid; } h2, h3, .caption { break-after: avoid; }
  td { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
)";

}  // namespace

std::string html_escaped(std::string_view text) {
  const bool utf8 = drivers::is_plain_text(text, text.size());
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      case '\'':
        escaped += "&#39;";
        break;
      default:
        escaped += utf8 || (c >= ' ' && c <= '~') ? c : '?';
    }
  }
  return escaped;
}

namespace {

/// Lets a narrow column break a label such as lower_trapezius_row.
std::string breakable(const std::string& html) {
  std::string result;
  for (const char c : html) {
    result += c;
    if (c == '_') result += "<wbr />";
  }
  return result;
}

}  // namespace

HtmlTable::HtmlTable(std::string_view caption, const std::vector<std::string>& head) {
  // Not <caption>, which would scroll away with the columns.
  caption_ = fmt::format("<p class=\"caption\">{}</p>\n", html_escaped(caption));
  head_ = "<thead><tr>";
  for (const auto& text : head) head_ += fmt::format("<th scope=\"col\">{}</th>", breakable(html_escaped(text)));
  head_ += "</tr></thead>\n";
}

void HtmlTable::row(const std::vector<HtmlCell>& cells) {
  rows_ += "<tr>";
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const auto text = html_escaped(cells[i].text);
    if (i == 0) {
      rows_ += fmt::format("<th scope=\"row\">{}</th>", text);
    } else if (cells[i].heat) {
      heated_ = true;
      rows_ += fmt::format("<td style=\"background: rgba(var(--heat), {:.2f})\">{}</td>",
                           0.75 * std::clamp(*cells[i].heat, 0.0, 1.0), text);
    } else {
      rows_ += fmt::format("<td>{}</td>", text);
    }
  }
  rows_ += "</tr>\n";
}

std::string HtmlTable::html() const {
  return fmt::format("{}<div class=\"scroll\"><table{}>\n{}<tbody>\n{}</tbody>\n</table></div>\n", caption_,
                     heated_ ? " class=\"matrix\"" : "", head_, rows_);
}

std::string html_paragraph(std::string_view text, std::string_view css_class) {
  return css_class.empty() ? fmt::format("<p>{}</p>\n", html_escaped(text))
                           : fmt::format("<p class=\"{}\">{}</p>\n", css_class, html_escaped(text));
}

std::string html_details(std::string_view summary, std::string_view html) {
  return fmt::format("<details>\n<summary>{}</summary>\n{}</details>\n", html_escaped(summary), html);
}

std::string html_page(std::string_view title, std::string_view body) {
  return fmt::format(
      "<!DOCTYPE html>\n"
      "<html xmlns=\"http://www.w3.org/1999/xhtml\" lang=\"en\">\n<head>\n<meta charset=\"utf-8\" />\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\" />\n"
      "<meta name=\"color-scheme\" content=\"light dark\" />\n"
      "<title>{}</title>\n<style>{}</style>\n</head>\n<body>\n{}</body>\n</html>\n",
      html_escaped(title), kStyle, body);
}

}  // namespace propriod::train
