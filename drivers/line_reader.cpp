#include "drivers/line_reader.hpp"

#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <system_error>

#include "drivers/errors.hpp"

namespace propriod::drivers {

void LineReader::Closer::operator()(gzFile_s* file) const noexcept { gzclose_r(file); }

LineReader::LineReader(const std::filesystem::path& path) : path_(path) {
  std::error_code error;
  if (std::filesystem::is_directory(path_, error)) {
    throw RecordingError(path_.string() + ": is a directory; name a file in it");
  }
  errno = 0;
  file_.reset(gzopen(path_.c_str(), "rb"));
  if (!file_) {
    const std::string reason = errno != 0 ? std::strerror(errno) : "out of memory";
    throw RecordingError(path_.string() + ": cannot be opened: " + reason + "; check the path and its permissions");
  }
}

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
  const int count = gzread(file_.get(), buffer_.data() + end_, static_cast<unsigned>(buffer_.size() - end_));
  if (count > 0) {
    end_ += static_cast<std::size_t>(count);
    return true;
  }
  int code = Z_OK;
  gzerror(file_.get(), &code);
  if (code == Z_OK) return false;
  if (code == Z_ERRNO) throw RecordingError(path_.string() + ": cannot be read: " + std::strerror(errno));
  const std::string damaged = path_.string() + ": damaged gzip file after line " + std::to_string(line_number_) + ": ";
  const std::string advice = "; copy it again, or save what is left with `zcat`";
  if (code == Z_BUF_ERROR) throw TruncatedError(damaged + "it ends too early" + advice);
  throw RecordingError(damaged + "it is corrupt" + advice);
}

}  // namespace propriod::drivers
