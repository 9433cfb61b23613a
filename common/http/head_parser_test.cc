#include "common/http/head_parser.h"

#include <gtest/gtest.h>

#include "common/base/strings.h"
#include "common/status/matrix_error.h"

namespace parley::http {
namespace {

int StatusOf(std::string_view head) {
  const auto parsed = ParseHead(head, {});
  return parsed.ok() ? 200 : FromStatus(parsed.status()).http_status;
}

// A POST with these fields behind its Host.
int StatusWithFields(std::string_view fields) {
  return StatusOf(StrCat("POST /a HTTP/1.1\r\nHost: a\r\n", fields, "\r\n"));
}

TEST(HeadParser, TakesARequestApart) {
  const auto head = ParseHead("PUT /rooms/%21a%3Ab/x%2Fy/?limit=5&q=a+b%21 HTTP/1.1\r\nHost: parley.test\r\nX-A:  b \r\n\r\n", {});
  ASSERT_TRUE(head.ok()) << head.status();
  EXPECT_EQ(head->request.method, "PUT");
  EXPECT_EQ(head->request.path, "/rooms/%21a%3Ab/x%2Fy/");
  EXPECT_EQ(head->request.segments, (std::vector<std::string>{"rooms", "!a:b", "x/y", ""}));
  EXPECT_EQ(head->request.QueryParam("q"), "a b!");
  EXPECT_EQ(head->request.QueryParam("nope"), std::nullopt);
  EXPECT_EQ(head->request.headers.Get("x-a"), "b");
  EXPECT_TRUE(head->keep_alive);
}

TEST(HeadParser, KnowsWhenTheConnectionIsToClose) {
  EXPECT_FALSE(ParseHead("GET / HTTP/1.1\r\nHost: a\r\nConnection: foo, Close\r\n\r\n", {})->keep_alive);
  EXPECT_FALSE(ParseHead("GET / HTTP/1.0\r\n\r\n", {})->keep_alive);
}

TEST(HeadParser, AcceptsTheAbsoluteForm) {
  EXPECT_EQ(ParseHead("GET http://a/b?c=d HTTP/1.1\r\nHost: a\r\n\r\n", {})->request.path, "/b");
  EXPECT_EQ(ParseHead("GET http://a HTTP/1.1\r\nHost: a\r\n\r\n", {})->request.path, "/");
}

TEST(HeadParser, RefusesRequestLinesThatAreNotOne) {
  for (const char* line : {"GET /", "GET  / HTTP/1.1", "GET / HTTP/1.1 ", "G@T / HTTP/1.1", "GET /a b HTTP/1.1", "GET a HTTP/1.1",
                           "GET /a#b HTTP/1.1", "GET /\xC3\xA9 HTTP/1.1", "GET /%zz HTTP/1.1", "GET /% HTTP/1.1",
                           "GET /%ff HTTP/1.1", "GET /?a=%2 HTTP/1.1", "GET * HTTP/1.1", "CONNECT a:22 HTTP/1.1", ""}) {
    EXPECT_EQ(StatusOf(StrCat(line, "\r\nHost: a\r\n\r\n")), 400) << line;
  }
  EXPECT_EQ(StatusOf("GET / HTTP/3.7\r\nHost: a\r\n\r\n"), 505);
}

TEST(HeadParser, RefusesFieldsThatReadersTakeDifferently) {
  for (const char* field : {"X-A : b\r\n", " X-A: b\r\n", "X-A: b\r\n folded\r\n", "garbage\r\n", ": b\r\n", "X-A: a\rX-B: c\r\n",
                            "X-A: b\nX-B: c\r\n", "X-A: a\x01\r\n", "X-A: a\x7f\r\n", "Host: b\r\n"}) {
    EXPECT_EQ(StatusWithFields(field), 400) << field;
  }
  EXPECT_EQ(StatusWithFields(std::string_view("X-A: a\0b\r\n", 10)), 400);
}

TEST(HeadParser, RefusesEveryBodyLengthButOnePlainNumber) {
  for (const char* length : {"-1", "+2", "abc", "0x2", "2, 3", "2 2", "", "99999999999999999999999999"}) {
    EXPECT_EQ(StatusWithFields(StrCat("Content-Length: ", length, "\r\n")), 400) << length;
  }
  EXPECT_EQ(StatusWithFields("Content-Length: 2\r\nContent-Length: 2\r\n"), 400);
  EXPECT_EQ(StatusWithFields("Content-Length: 2\r\n"), 200);
}

TEST(HeadParser, RefusesEveryTransferCodingButChunkedAlone) {
  EXPECT_EQ(StatusWithFields("Transfer-Encoding:\tChunked\r\n"), 200);
  for (const char* coding : {"xchunked", "chunked, gzip", "gzip, chunked", "identity", "bogus", "\"chunked\""}) {
    EXPECT_EQ(StatusWithFields(StrCat("Transfer-Encoding: ", coding, "\r\n")), 501) << coding;
  }
  EXPECT_EQ(StatusWithFields("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), 400);
  EXPECT_EQ(StatusWithFields("Transfer-Encoding: chunked\r\nContent-Length: 4\r\n"), 400);
  EXPECT_EQ(StatusOf("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"), 400);
}

TEST(HeadParser, WantsOneHost) {
  EXPECT_EQ(StatusOf("GET / HTTP/1.1\r\n\r\n"), 400);
  EXPECT_EQ(StatusOf("GET / HTTP/1.0\r\n\r\n"), 200);
  EXPECT_EQ(StatusOf("GET / HTTP/1.1\r\nHost: a b/<>\r\n\r\n"), 400);
}

TEST(HeadParser, KnowsTheOneExpectation) {
  EXPECT_TRUE(ParseHead("GET / HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\n\r\n", {})->expects_continue);
  EXPECT_EQ(StatusWithFields("Expect: bogus\r\n"), 417);
}

TEST(HeadParser, LimitsTheNumberOfFieldsAndParameters) {
  std::string fields, query;
  for (int i = 0; i < 101; ++i) StrAppend(&fields, "X-", i, ": a\r\n");
  for (int i = 0; i < 300; ++i) StrAppend(&query, "a", i, "=1&");
  EXPECT_EQ(StatusWithFields(fields), 431);
  EXPECT_EQ(StatusOf(StrCat("GET /?", query, " HTTP/1.1\r\nHost: a\r\n\r\n")), 400);
}

TEST(HeadEnd, IsBehindTheEmptyLine) {
  EXPECT_EQ(**FindHeadEnd("GET / HTTP/1.1\r\nHost: a\r\n\r\nbody", {}), 27u);
  EXPECT_FALSE(FindHeadEnd("GET / HTTP/1.1\r\nHost: a\r\n\r", {})->has_value());
  EXPECT_FALSE(FindHeadEnd("", {})->has_value());
}

TEST(HeadEnd, GivesUpEarlyOnWhatIsNotHttp) {
  for (const char* input : {"\x16\x03\x01", "GET / HTTP/1.1\nHost: a\n\n", "\n", " GET"}) {
    const auto end = FindHeadEnd(input, {});
    ASSERT_FALSE(end.ok()) << input;
    EXPECT_EQ(FromStatus(end.status()).http_status, 400);
  }
}

TEST(HeadEnd, SaysWhatIsTooLong) {
  const std::string line(20000, 'a');
  EXPECT_EQ(FromStatus(FindHeadEnd("GET /" + line, {}).status()).http_status, 414);
  EXPECT_EQ(FromStatus(FindHeadEnd("GET / HTTP/1.1\r\nA: " + line, {}).status()).http_status, 431);
}

}  // namespace
}  // namespace parley::http
