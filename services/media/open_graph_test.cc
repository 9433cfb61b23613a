#include "services/media/open_graph.h"

#include <gtest/gtest.h>

#include "common/base/strings.h"

namespace parley::media {
namespace {

std::string Read(std::string_view html) {
  return json::Serialize(ParseOpenGraph(html));
}

TEST(OpenGraph, IsWhatAPageSaysOfItself) {
  EXPECT_EQ(
      Read(R"(<html prefix="og: http://ogp.me/ns#"><head><title>T</title>
    <meta property="og:title" content="The Rock" />
    <META content='video.movie' PROPERTY='og:type'>
    <meta property=og:image content=https://e.org/rock.jpg>
    </head><body><p>text</p></body></html>)"),
      R"({"og:image":"https://e.org/rock.jpg","og:title":"The Rock","og:type":"video.movie"})");
}

TEST(OpenGraph, FallsBackToTitleAndDescription) {
  EXPECT_EQ(Read("<title> A &amp; B </title><meta name=description content='&#x2615; &lt;b&gt;'>"),
            R"({"og:description":"☕ <b>","og:title":"A & B"})");
}

TEST(OpenGraph, TakesTheFirstOfEachName) {
  EXPECT_EQ(Read("<meta property=og:title content=a><meta property=og:title content=b>"),
            R"({"og:title":"a"})");
}

TEST(OpenGraph, IsNotInCommentsAndScripts) {
  EXPECT_EQ(Read("<!-- <meta property=og:title content=a> -->"
                 "<script>'<meta property=og:title content=b>'</script><style>"
                 "<meta property=og:title content=c></style>"),
            "{}");
}

TEST(OpenGraph, OfABrokenPageIsReadAsFarAsItGoes) {
  for (const char* html :
       {"", "<", "<meta", "<meta property", "<meta property=", "<meta property='", "<!--",
        "<script>", "</", "<title", "&", "<meta = = >", "<meta / / x=/>",
        "<meta property=og:title content='\xff'>", "\0\0"}) {
    EXPECT_EQ(Read(html), "{}") << html;
  }
}

TEST(OpenGraph, LeavesReferencesThatAreNone) {
  EXPECT_EQ(Read("<title>&nope; &#0; &#xd800; &#99999999; &amp</title>"),
            R"({"og:title":"&nope; &#0; &#xd800; &#99999999; &amp"})");
}

TEST(OpenGraph, IsBounded) {
  std::string html = StrCat("<title>", std::string(10'000, 'x'), "</title>");
  for (int i = 0; i < 1000; ++i) StrAppend(&html, "<meta property=og:p", i, " content=x>");
  const json::Object found = ParseOpenGraph(html);
  EXPECT_LE(found.size(), 51u);
  EXPECT_EQ(found.Find("og:title")->AsString()->size(), 2048u);
}

}  // namespace
}  // namespace parley::media
