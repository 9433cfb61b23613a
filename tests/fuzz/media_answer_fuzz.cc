#include <cstddef>
#include <cstdint>
#include <string_view>

#include "common/base/strings.h"
#include "common/http/content_disposition.h"
#include "services/media/multipart.h"
#include "tests/fuzz/require.h"

// What another server answers to a question for a file: its Content-Type, a line feed, its body.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace parley;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const size_t end = input.find('\n');
  if (end == input.npos) return 0;
  const std::string_view body = input.substr(end + 1);
  const auto part = media::ParseMediaAnswer(input.substr(0, end), body);
  if (!part.ok()) return 0;
  PARLEY_REQUIRE(part->bytes.data() >= body.data());
  PARLEY_REQUIRE(part->bytes.data() + part->bytes.size() <= body.data() + body.size());
  PARLEY_REQUIRE(part->location.find('\n') == std::string::npos);
  const std::string name = http::FileNameOf(part->content_disposition);
  const std::string header = http::ContentDisposition(false, name);
  PARLEY_REQUIRE(header.find_first_of("\r\n") == std::string::npos);

  // The same file, put together anew, is read as the same.
  const std::string again =
      StrCat("--again\r\n\r\n{}\r\n--again\r\n\r\n", part->bytes, "\r\n--again--");
  const auto other = media::ParseMediaAnswer("multipart/mixed; boundary=again", again);
  if (part->bytes.find("--again") == std::string_view::npos) {
    PARLEY_REQUIRE(other.ok());
    PARLEY_REQUIRE(other->bytes == part->bytes);
  }
  return 0;
}
