#include "common/base/utf8.h"

#include <gtest/gtest.h>

namespace parley {
namespace {

TEST(Utf8, AcceptsEveryLength) {
  for (const char* text : {"", "abc", "é", "日本", "💩", "\uffff", "\U0010ffff", "aé日💩z"}) {
    EXPECT_TRUE(IsValidUtf8(text)) << text;
  }
}

TEST(Utf8, RefusesWhatIsMalformed) {
  for (const char* text : {"\xc0\x80", "\xc1\xbf", "\xe0\x80\xaf", "\xed\xa0\x80",
                           "\xf4\x90\x80\x80", "\xf8\x88\x80\x80\x80", "\xe2\x82", "\x80", "\xe9",
                           "a\xffz", "\xf0\x9f\x92", "\xe2\x28\xa1"}) {
    EXPECT_FALSE(IsValidUtf8(text));
  }
}

}  // namespace
}  // namespace parley
