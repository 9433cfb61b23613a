#include "services/media/blob_folder.h"

#include <filesystem>

#include <absl/time/clock.h>
#include <gtest/gtest.h>

#include "common/testing/temporary_folder.h"

namespace parley::media {
namespace {

class BlobFolderTest : public testing::Test {
 protected:
  size_t FilesUnder(const std::string& part) const {
    size_t count = 0;
    for (const auto& entry :
         std::filesystem::recursive_directory_iterator(folder_.path() + "/" + part)) {
      count += entry.is_regular_file();
    }
    return count;
  }

  TemporaryFolder folder_;
  std::unique_ptr<BlobFolder> blobs_ = *BlobFolder::Open(folder_.path());
};

TEST_F(BlobFolderTest, KeepsWhatWasWrittenInPartsUnderItsDigest) {
  ASSERT_TRUE(blobs_->Write("u1", 0, "he").ok());
  ASSERT_TRUE(blobs_->Write("u1", 2, "llo").ok());
  const auto blob = blobs_->Keep("u1");
  ASSERT_TRUE(blob.ok()) << blob.status();
  EXPECT_EQ(blob->sha256, "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824");
  EXPECT_EQ(blob->size, 5u);
  EXPECT_EQ(*blobs_->Read(blob->sha256, 0, 100), "hello");
  EXPECT_EQ(*blobs_->Read(blob->sha256, 1, 3), "ell");
  EXPECT_EQ(*blobs_->Read(blob->sha256, 9, 3), "");
}

TEST_F(BlobFolderTest, KeepsTheSameBytesOnce) {
  for (const char* upload : {"a", "b"}) {
    ASSERT_TRUE(blobs_->Write(upload, 0, "same").ok());
    ASSERT_TRUE(blobs_->Keep(upload).ok());
  }
  EXPECT_EQ(FilesUnder("blobs"), 1u);
  EXPECT_EQ(FilesUnder("incoming"), 0u);
}

TEST_F(BlobFolderTest, KeepsAnEmptyFile) {
  ASSERT_TRUE(blobs_->Write("u", 0, "").ok());
  const auto blob = blobs_->Keep("u");
  ASSERT_TRUE(blob.ok()) << blob.status();
  EXPECT_EQ(*blobs_->Read(blob->sha256, 0, 10), "");
}

TEST_F(BlobFolderTest, TakesAPartTwiceButNoneBehindAHole) {
  ASSERT_TRUE(blobs_->Write("u", 0, "abc").ok());
  EXPECT_TRUE(blobs_->Write("u", 0, "abc").ok());
  EXPECT_TRUE(absl::IsFailedPrecondition(blobs_->Write("u", 4, "e")));
  EXPECT_EQ(blobs_->Keep("u")->size, 3u);
}

TEST_F(BlobFolderTest, NamesNeverLeaveTheFolder) {
  for (const char* name : {"../x", "a/b", "..", ".", "", "a\\b", "a b"}) {
    EXPECT_FALSE(blobs_->Write(name, 0, "x").ok()) << name;
    EXPECT_FALSE(blobs_->Read(name, 0, 1).ok()) << name;
  }
}

TEST_F(BlobFolderTest, ForgetsUploadsThatNobodyGoesOnWith) {
  ASSERT_TRUE(blobs_->Write("old", 0, "x").ok());
  blobs_->DiscardOlderThan(absl::Now() - absl::Hours(1));
  EXPECT_EQ(FilesUnder("incoming"), 1u);
  blobs_->DiscardOlderThan(absl::Now() + absl::Hours(1));
  EXPECT_EQ(FilesUnder("incoming"), 0u);
  EXPECT_TRUE(absl::IsNotFound(blobs_->Keep("old").status()));
}

}  // namespace
}  // namespace parley::media
