#include "drivers/gunzip.hpp"

#include <zlib.h>

#include <algorithm>
#include <limits>
#include <new>
#include <utility>

#include "drivers/errors.hpp"

namespace propriod::drivers {

Gunzip::Gunzip(std::string name, std::unique_ptr<ByteSource> source)
    : name_(std::move(name)), source_(std::move(source)) {}

Gunzip::~Gunzip() {
  if (stream_) inflateEnd(stream_.get());
}

std::size_t Gunzip::read(std::span<char> buffer) {
  if (kind_ == Kind::kUnknown) {
    kind_ = begins_as_gzip() ? Kind::kGzip : Kind::kPlain;
    if (kind_ == Kind::kGzip) {
      stream_ = std::make_unique<z_stream>();
      constexpr int kGzipFormat = 15 + 16;  // zlib: the largest window, with gzip's header
      if (inflateInit2(stream_.get(), kGzipFormat) != Z_OK) throw std::bad_alloc();
    }
  }
  const std::size_t count = kind_ == Kind::kPlain  ? take_plain(buffer)
                            : kind_ == Kind::kGzip ? inflate_into(buffer)
                                                   : 0;
  given_bytes_ += count;
  return count;
}

/// Whether gzip's two magic bytes come next; reads until they are there, or the source ends.
bool Gunzip::begins_as_gzip() {
  while (end_ - begin_ < 2 && refill()) continue;
  return end_ - begin_ >= 2 && input_[begin_] == '\x1f' && input_[begin_ + 1] == '\x8b';
}

/// Reads more behind what is left of the input, moved to its front; false at the end of the source.
bool Gunzip::refill() {
  std::copy(input_.begin() + static_cast<std::ptrdiff_t>(begin_), input_.begin() + static_cast<std::ptrdiff_t>(end_),
            input_.begin());
  end_ -= begin_;
  begin_ = 0;
  const std::size_t count = source_->read(std::span(input_).subspan(end_));
  end_ += count;
  return count > 0;
}

std::size_t Gunzip::take_plain(std::span<char> buffer) {
  if (begin_ == end_) return source_->read(buffer);
  const std::size_t count = std::min(buffer.size(), end_ - begin_);
  std::copy_n(input_.begin() + static_cast<std::ptrdiff_t>(begin_), count, buffer.begin());
  begin_ += count;
  return count;
}

std::size_t Gunzip::inflate_into(std::span<char> buffer) {
  const auto room = static_cast<uInt>(std::min<std::size_t>(buffer.size(), std::numeric_limits<uInt>::max()));
  stream_->next_out = reinterpret_cast<Bytef*>(buffer.data());
  stream_->avail_out = room;
  for (;;) {
    stream_->next_in = reinterpret_cast<Bytef*>(input_.data() + begin_);
    stream_->avail_in = static_cast<uInt>(end_ - begin_);
    const int code = inflate(stream_.get(), Z_NO_FLUSH);
    begin_ = end_ - stream_->avail_in;
    if (code == Z_MEM_ERROR) throw std::bad_alloc();
    if (code == Z_STREAM_END) {
      // Another member may follow. Anything else behind the last one is padding, as gzip itself takes it.
      if (!begins_as_gzip()) kind_ = Kind::kEnded;
      inflateReset(stream_.get());
    }
    const std::size_t count = room - stream_->avail_out;
    if (count > 0 || kind_ == Kind::kEnded) return count;
    if (code == Z_STREAM_END || ((code == Z_OK || code == Z_BUF_ERROR) && refill())) continue;
    const std::string damaged =
        name_ + ": damaged gzip file after " + std::to_string(given_bytes_) + " bytes of text: ";
    const std::string advice = "; copy it again, or save what is left with `zcat`";
    if (code == Z_OK || code == Z_BUF_ERROR) throw TruncatedError(damaged + "it ends too early" + advice);
    throw RecordingError(damaged + "it is corrupt" + advice);
  }
}

}  // namespace propriod::drivers
