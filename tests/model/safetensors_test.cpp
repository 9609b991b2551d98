#include "model/safetensors.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <ostream>
#include <string>
#include <string_view>

#include "model/bundle_files.hpp"
#include "model/errors.hpp"
#include "tests/model/sample_bundle.hpp"

namespace propriod::model {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

std::string text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// A file with this header, its length in front, and `value_bytes` zero bytes of values.
std::string file(std::string_view header, std::size_t value_bytes = 0) {
  const auto size = std::bit_cast<std::array<char, 8>>(std::uint64_t{header.size()});
  return std::string(size.begin(), size.end()).append(header).append(value_bytes, '\0');
}

/// The one line `parse_safetensors` refuses a file with.
std::string refusal(std::string_view file) {
  try {
    static_cast<void>(parse_safetensors(bytes_of(file), "bed/weights.safetensors"));
  } catch (const BundleError& error) {
    return error.what();
  }
  return "accepted";
}

// Written by Python's safetensors 0.8.0: save_file(…, metadata={"format": "pt"}) of `sample_weights()`.
constexpr std::string_view kPython{
    "\x18\x01\0\0\0\0\0\0"
    R"({"__metadata__":{"format":"pt"},"empty":{"dtype":"F32","shape":[0,3],"data_offsets":[0,0]},)"
    R"("fc1.bias":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},)"
    R"("fc1.weight":{"dtype":"F32","shape":[2,3],"data_offsets":[8,32]},)"
    R"("steps":{"dtype":"F32","shape":[],"data_offsets":[32,36]}}      )"
    "\0\0\0?`B\xa2\x8d\0\0\xc0?\0\0\0\xc0\0\0\x80>\0\0@@\0\0\x80@\0\0\xa0@\0\0\xe0@",
    8 + 0x118 + 36};

TEST(Safetensors, WritesTheBytesThatPythonWrites) { EXPECT_EQ(text_of(to_safetensors(sample_weights())), kPython); }

TEST(Safetensors, ReadsWhatPythonWrote) {
  EXPECT_THAT(parse_safetensors(bytes_of(kPython), ""), testing::UnorderedElementsAreArray(sample_weights()));
}

TEST(Safetensors, WritesTheSameBytesInWhateverOrderTheTensorsCome) {
  auto tensors = sample_weights();
  std::ranges::reverse(tensors);
  EXPECT_EQ(to_safetensors(tensors), to_safetensors(sample_weights()));
}

TEST(Safetensors, HoldsNoTensorsAtAll) { EXPECT_TRUE(parse_safetensors(to_safetensors({}), "").empty()); }

TEST(Safetensors, ReadsTensorsInTheOrderOfTheFileAndSkipsMetadata) {
  const auto tensors = parse_safetensors(
      bytes_of(file(R"({"b":{"shape":[1],"data_offsets":[0,4],"dtype":"F32"},"__metadata__":{"note":"x","n":"y"},)"
                    R"("a\u00fc":{"dtype":"F32","shape":[1,2],"data_offsets":[4,12]}}   )",
                    12)),
      "");
  ASSERT_EQ(tensors.size(), 2U);
  EXPECT_EQ(tensors[0].name, "b");
  EXPECT_EQ(tensors[1].name, "aü");
}

struct Defect {
  const char* name;
  std::string file;
  const char* message;
};
void PrintTo(const Defect& defect, std::ostream* out) { *out << defect.name; }

/// A header of one tensor "a" with this shape and these offsets.
std::string one(std::string_view shape, std::string_view offsets) {
  return R"({"a":{"dtype":"F32","shape":)" + std::string(shape) + R"(,"data_offsets":)" + std::string(offsets) + "}}";
}

/// A header of two tensors of one value each at these offsets.
std::string two(std::string_view first, std::string_view second) {
  return R"({"a":{"dtype":"F32","shape":[1],"data_offsets":)" + std::string(first) +
         R"(},"b":{"dtype":"F32","shape":[1],"data_offsets":)" + std::string(second) + "}}";
}

std::string many(int count) {
  std::string header = "{";
  for (int i = 0; i < count; ++i) {
    header += (i > 0 ? ",\"" : "\"") + std::to_string(i) + R"(":{"dtype":"F32","shape":[0],"data_offsets":[0,0]})";
  }
  return header + "}";
}

std::string with_value(float value) {
  return text_of(to_safetensors(std::vector<NamedTensor>{{.name = "a", .shape = {2}, .values = {0.0F, value}}}));
}

const std::vector<Defect> kDefects{
    {"Empty", "", "has 0 bytes, too few for a header"},
    {"SevenBytes", std::string(7, '\0'), "has 7 bytes, too few for a header"},
    {"HugeHeaderLength", std::string(8, '\xff'), "its header claims 18446744073709551615 bytes, allowed are 1048576"},
    {"HeaderPastTheEnd", std::string("\x10\0\0\0\0\0\0\0{}", 10), "its header claims 16 bytes, the file has 2 more"},
    {"NoHeader", file(""), "is not JSON in UTF-8"},
    {"NotJson", file("{]"), "is not JSON in UTF-8 at byte 2 of the header"},
    {"TwoJsonTexts", file("{}{}"), "is not JSON in UTF-8"},
    {"InvalidUtf8", file("{\"\xc3\x28\":{}}"), "is not JSON in UTF-8"},
    {"List", file("[]"), "the header has a list where none may be"},
    {"Number", file("7"), "the header has a number where none may be"},
    {"Null", file("null"), "the header has null where none may be"},
    {"NestedDeeply", file(std::string(100000, '[')), "the header has a list where none may be"},
    {"EntryNestedDeeply", file(R"({"a":{"shape":)" + std::string(100000, '[')),
     "a list where none may be, near tensor 'a'"},
    {"MetadataNested", file(R"({"__metadata__":{"a":{}}})"), "the header has an object where none may be"},
    {"MetadataNumber", file(R"({"__metadata__":{"a":1}})"), "the header has a number where none may be"},
    {"MetadataTwice", file(R"({"__metadata__":{},"__metadata__":{}})"), "the header has '__metadata__' twice"},
    {"MetadataKeyTwice", file(R"({"__metadata__":{"a":"","a":""}})"), "__metadata__ has 'a' twice"},
    {"EntryIsText", file(R"({"a":"F32"})"), "the header has a text where none may be, near tensor 'a'"},
    {"EntryWithoutDtype", file(R"({"a":{"shape":[],"data_offsets":[0,4]}})", 4), "tensor 'a' has no 'dtype'"},
    {"EntryWithoutShape", file(R"({"a":{"dtype":"F32","data_offsets":[0,4]}})", 4), "tensor 'a' has no 'shape'"},
    {"EntryWithoutOffsets", file(R"({"a":{"dtype":"F32","shape":[]}})", 4), "tensor 'a' has no 'data_offsets'"},
    {"UnknownKey", file(R"({"a":{"strides":[1]}})"), "tensor 'a' has the unknown key 'strides'"},
    {"KeyTwice", file(R"({"a":{"shape":[1],"shape":[2]}})"), "tensor 'a' has 'shape' twice"},
    {"NameTwice", file(many(1).insert(1, many(1).substr(1, many(1).size() - 2) + ",")), "the header has '0' twice"},
    {"NameEmpty", file(R"({"":{}})"), "tensor name '' is not text"},
    {"NameTooLong", file("{\"" + std::string(257, 'x') + "\":{}}"), "is not text of 1 to 256 bytes"},
    {"NameWithControlCharacters", file(R"({"a\u0000\n":{}})"), R"(tensor name 'a\x00\x0a' is not text)"},
    {"TooManyTensors", file(many(4097)), "has more than 4096 tensors"},
    {"DtypeF16", file(R"({"a":{"dtype":"F16","shape":[1],"data_offsets":[0,2]}})", 2),
     "'a' is of dtype 'F16', only F32"},
    {"DtypeNumber", file(R"({"a":{"dtype":32}})"), "a number where none may be"},
    {"DtypeList", file(R"({"a":{"dtype":["F32"]}})"), "a list where none may be"},
    {"ShapeNegative", file(one("[-1]", "[0,4]"), 4), "a negative number where none may be, near tensor 'a'"},
    {"ShapeFraction", file(one("[1.5]", "[0,4]"), 4), "a fraction or a number past 64 bits where none may be"},
    {"ShapePast64Bits", file(one("[18446744073709551616]", "[0,4]"), 4), "a number past 64 bits where none may be"},
    {"ShapeHuge", file(one("[18446744073709551615]", "[0,4]"), 4), "the shape of tensor 'a' is too large"},
    {"ShapeOverflow", file(one("[4294967296,4294967296]", "[0,0]")), "the shape of tensor 'a' is too large"},
    {"ShapeOverflowIntoTheRightSize", file(one("[268435456,268435456,256,1]", "[0,0]")),
     "the shape of tensor 'a' is too large"},
    {"ShapeOfManyDimensions", file(one("[1,1,1,1,1,1,1,1,1]", "[0,4]"), 4), "'a' has more than 8 dimensions"},
    {"ShapeTooSmall", file(one("[1]", "[0,8]"), 8), "tensor 'a' has 8 bytes, its shape says 4"},
    {"ShapeTooLarge", file(one("[3]", "[0,8]"), 8), "tensor 'a' has 8 bytes, its shape says 12"},
    {"OffsetsMissing", file(one("[]", "[]"), 4), "tensor 'a' needs two data_offsets"},
    {"OffsetsAlone", file(one("[]", "[4]"), 4), "tensor 'a' needs two data_offsets"},
    {"OffsetsThree", file(one("[]", "[0,4,8]"), 4), "tensor 'a' needs two data_offsets"},
    {"OffsetsReversed", file(one("[1]", "[4,0]"), 4), "tensor 'a' lies at bytes 4 to 0 of 4"},
    {"OffsetsOutOfRange", file(one("[2]", "[0,8]"), 4), "tensor 'a' lies at bytes 0 to 8 of 4"},
    {"OffsetsHuge", file(one("[1]", "[18446744073709551612,18446744073709551615]"), 4), "tensor 'a' lies at bytes"},
    {"OffsetsOverlap", file(two("[0,4]", "[0,4]"), 4), "tensor 'b' overlaps the one before it"},
    {"OffsetsOverlapInPart", file(two("[0,4]", "[2,6]"), 6), "tensor 'b' overlaps the one before it"},
    {"OffsetsWithGap", file(two("[0,4]", "[8,12]"), 12), "there is a gap before tensor 'b'"},
    {"OffsetsWithGapInFront", file(two("[8,12]", "[4,8]"), 12), "there is a gap before tensor 'b'"},
    {"TrailingBytes", file(one("[1]", "[0,4]"), 5), "1 bytes follow the last tensor"},
    {"ValuesWithoutTensors", file("{}", 4), "4 bytes follow the last tensor"},
    {"NaN", with_value(std::numeric_limits<float>::quiet_NaN()),
     "tensor 'a' has nan at index 1; train the model again"},
    {"Infinity", with_value(-std::numeric_limits<float>::infinity()), "tensor 'a' has -inf at index 1"},
};

class SafetensorsDefect : public testing::TestWithParam<Defect> {};

TEST_P(SafetensorsDefect, IsRefusedInOneLineThatNamesIt) {
  const auto line = refusal(GetParam().file);
  EXPECT_THAT(line, StartsWith("bed/weights.safetensors: "));
  EXPECT_THAT(line, HasSubstr(GetParam().message));
  EXPECT_THAT(line, Not(HasSubstr("\n")));
}

INSTANTIATE_TEST_SUITE_P(All, SafetensorsDefect, testing::ValuesIn(kDefects),
                         [](const auto& param_info) { return param_info.param.name; });

TEST(Safetensors, RefusesEveryDefectiveFileInOneLine) {
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(PROPRIOD_TEST_DEFECTS "/bundles")) {
    if (entry.path().extension() != ".safetensors") continue;
    const auto bytes = read_file(entry.path(), kMaxSafetensorsBytes);
    EXPECT_THAT(refusal(text_of(bytes)), AllOf(StartsWith("bed/weights.safetensors: "), Not(HasSubstr("\n")))) << entry;
    ++files;
  }
  EXPECT_GT(files, 0);
}

TEST(Safetensors, RefusesEveryTruncation) {
  for (std::size_t size = 0; size < kPython.size(); ++size) {
    EXPECT_NE(refusal(kPython.substr(0, size)), "accepted") << size;
  }
}

TEST(Safetensors, SurvivesEveryFlippedBit) {  // a changed value is for the SHA-256 to see
  std::string file(kPython);
  for (char& c : file) {
    for (int bit = 0; bit < 8; ++bit) {
      c = static_cast<char>(c ^ (1 << bit));
      EXPECT_THAT(refusal(file), Not(HasSubstr("\n")));
      c = static_cast<char>(c ^ (1 << bit));
    }
  }
}

TEST(Safetensors, WritesNothingThatHasTwoTensorsOfOneNameOrTooFewValues) {
  const NamedTensor one{.name = "a", .shape = {1}, .values = {1.0F}};
  EXPECT_THAT(refusal(text_of(to_safetensors(std::vector{one, one}))), HasSubstr("the header has 'a' twice"));
  const NamedTensor short_one{.name = "a", .shape = {2}, .values = {1.0F}};
  EXPECT_THAT(refusal(text_of(to_safetensors(std::vector{short_one}))), HasSubstr("has 4 bytes, its shape says 8"));
  EXPECT_THROW(
      static_cast<void>(to_safetensors(std::vector<NamedTensor>{{.name = "\xff", .shape = {}, .values = {1.0F}}})),
      BundleError);
}

}  // namespace
}  // namespace propriod::model
