#include "drivers/line_reader.hpp"

#include <algorithm>
#include <span>
#include <utility>

#include "drivers/gunzip.hpp"

namespace propriod::drivers {

LineReader::LineReader(const std::filesystem::path& path) : LineReader(path.string(), open_file(path)) {}

LineReader::LineReader(const std::string& name, std::unique_ptr<ByteSource> source)
    : text_(std::make_unique<Gunzip>(name, std::move(source))) {}

bool LineReader::next(std::string_view& line) {
  bool too_long = false;
  for (;;) {
    const std::string_view unread{buffer_.data() + begin_, end_ - begin_};
    const auto end = unread.find('\n');
    line_ended_ = end != std::string_view::npos;
    if (!line_ended_ && unread.size() > kMaxLineBytes + 1) {  // + 1: its CR
      too_long = true;
      begin_ = end_;
      continue;
    }
    if (!line_ended_ && fill()) continue;
    if (unread.empty() && !too_long) return false;

    ++line_number_;
    line = unread.substr(0, end);
    begin_ += line.size() + (line_ended_ ? 1 : 0);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (!too_long && line.size() <= kMaxLineBytes) return true;
    ++too_long_;
    too_long = false;
  }
}

/// Reads more behind what is left of the buffer, moved to its front; false at the end of the file.
bool LineReader::fill() {
  std::copy(buffer_.begin() + static_cast<std::ptrdiff_t>(begin_), buffer_.begin() + static_cast<std::ptrdiff_t>(end_),
            buffer_.begin());
  end_ -= begin_;
  begin_ = 0;
  const std::size_t count = text_->read(std::span(buffer_).subspan(end_));
  end_ += count;
  return count > 0;
}

}  // namespace propriod::drivers
