#include "services/media/multipart.h"

#include <gtest/gtest.h>

namespace parley::media {
namespace {

constexpr std::string_view kType = "multipart/mixed; boundary=b1";
constexpr std::string_view kAbout = "--b1\r\nContent-Type: application/json\r\n\r\n{}\r\n";

std::string Answer(std::string_view media) {
  return std::string(kAbout) + "--b1\r\n" + std::string(media) + "\r\n--b1--\r\n";
}

TEST(ParseMediaAnswer, FindsTheFileAndWhatItIs) {
  const std::string body = Answer(
      "Content-Type: text/plain\r\ncontent-disposition: inline; filename=a.txt\r\n\r\nhi\r\nyou");
  const auto part = ParseMediaAnswer(kType, body);
  ASSERT_TRUE(part.ok()) << part.status();
  EXPECT_EQ(part->content_type, "text/plain");
  EXPECT_EQ(part->content_disposition, "inline; filename=a.txt");
  EXPECT_EQ(part->location, "");
  EXPECT_EQ(part->bytes, "hi\r\nyou");
}

TEST(ParseMediaAnswer, FindsWhereTheFileIs) {
  const std::string body = Answer("Location: https://cdn.example.org/x\r\n\r\n");
  const auto part = ParseMediaAnswer(kType, body);
  ASSERT_TRUE(part.ok()) << part.status();
  EXPECT_EQ(part->location, "https://cdn.example.org/x");
}

TEST(ParseMediaAnswer, TakesAQuotedBoundaryAndOtherParameters) {
  const std::string body = "\r\n" + Answer("\r\nx");
  for (const char* type : {"multipart/mixed; charset=x; boundary=\"b1\"",
                           "Multipart/Mixed;BOUNDARY=b1", "multipart/mixed ; boundary=b1"}) {
    const auto part = ParseMediaAnswer(type, body);
    ASSERT_TRUE(part.ok()) << type << part.status();
    EXPECT_EQ(part->bytes, "x");
  }
}

TEST(ParseMediaAnswer, KeepsAFileThatHoldsSomethingLikeItsBoundary) {
  const std::string body = Answer("\r\nx--b1 and -- b1\n--b1--");
  const auto part = ParseMediaAnswer(kType, body);
  ASSERT_TRUE(part.ok()) << part.status();
  EXPECT_EQ(part->bytes, "x--b1 and -- b1\n--b1--");
}

TEST(ParseMediaAnswer, RefusesAnotherType) {
  for (const char* type : {"", "application/json", "multipart/form-data; boundary=b1",
                           "multipart/mixed", "multipart/mixed; boundary=",
                           "multipart/mixed; boundary=\"b\r1\"", "multipart/mixedx; boundary=b1"}) {
    EXPECT_FALSE(ParseMediaAnswer(type, Answer("\r\nx")).ok()) << type;
  }
  EXPECT_FALSE(ParseMediaAnswer("multipart/mixed; boundary=" + std::string(71, 'a'), "").ok());
}

TEST(ParseMediaAnswer, RefusesWhatIsNotTwoWholeParts) {
  const std::string about(kAbout);
  for (const std::string& body : {
           std::string(),
           std::string("{}"),
           about,
           about + "--b1--",
           about + "--b1\r\n\r\nx",
           about + about + about + "--b1--",
           "text\r\n" + Answer("\r\nx"),
           Answer("\r\nx") + "more",
           about + "--b1 \r\n\r\nx\r\n--b1--",
           std::string(
               "--b1\r\nContent-Type: application/json\r\n\r\n[]\r\n--b1\r\n\r\nx\r\n--b1--"),
       }) {
    EXPECT_FALSE(ParseMediaAnswer(kType, body).ok()) << body;
  }
}

TEST(ParseMediaAnswer, RefusesHeadersThatMayMeanTwoThings) {
  for (const char* media :
       {"Content-Type: a/b\r\nContent-Type: c/d\r\n\r\nx", "no header\r\n\r\nx", ": x\r\n\r\nx",
        "Content-Transfer-Encoding: base64\r\n\r\nx", "Location: a\x01z\r\n\r\nx", "Location: x"}) {
    EXPECT_FALSE(ParseMediaAnswer(kType, Answer(media)).ok()) << media;
  }
}

}  // namespace
}  // namespace parley::media
