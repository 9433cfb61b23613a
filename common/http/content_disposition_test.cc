#include "common/http/content_disposition.h"

#include <gtest/gtest.h>

namespace parley::http {
namespace {

TEST(ContentDisposition, NamesAFileSoThatNothingElseCanBeMeant) {
  EXPECT_EQ(ContentDisposition(true, ""), "inline");
  EXPECT_EQ(ContentDisposition(false, "a.txt"), "attachment; filename=\"a.txt\"");
  EXPECT_EQ(ContentDisposition(true, "a;b \"c\\.txt"), "inline; filename=\"a;b \\\"c\\\\.txt\"");
  EXPECT_EQ(ContentDisposition(true, "ü"), "inline; filename*=utf-8''%C3%BC");
  EXPECT_EQ(ContentDisposition(false, "a\r\nSet-Cookie: x"),
            "attachment; filename=\"a__Set-Cookie: x\"");
}

TEST(ContentDisposition, IsReadBack) {
  for (const char* name : {"a.txt", "a;b \"c\\.txt", "ünïcode ☕.png", "filename=x", "%41"}) {
    EXPECT_EQ(FileNameOf(ContentDisposition(true, name)), name);
  }
}

TEST(FileNameOf, ReadsWhatOthersWrite) {
  EXPECT_EQ(FileNameOf("inline; filename=plain.txt"), "plain.txt");
  EXPECT_EQ(FileNameOf("attachment;FILENAME = \"a b\" ; x=y"), "a b");
  EXPECT_EQ(FileNameOf("inline; filename=old.txt; filename*=UTF-8'en'%e2%98%95"), "☕");
  EXPECT_EQ(FileNameOf("inline; filename*=utf-8''%zz; filename=b"), "b");
}

TEST(FileNameOf, IsEmptyForWhatCantBeRead) {
  for (const char* header : {"", "inline", "inline; filename", "inline; filename*=latin1''x",
                             "inline; filename=\xff", "; ; ;"}) {
    EXPECT_EQ(FileNameOf(header), "") << header;
  }
}

}  // namespace
}  // namespace parley::http
