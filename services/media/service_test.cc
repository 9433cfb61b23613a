#include "services/media/service.h"

#include <thread>

#include <absl/time/clock.h>
#include <gtest/gtest.h>

#include "common/base/strings.h"
#include "common/bus/memory_bus.h"
#include "common/json/value.h"
#include "common/status/matrix_error.h"
#include "common/store/sqlite/sqlite_store.h"
#include "common/testing/manual_clock.h"
#include "common/testing/temporary_folder.h"
#include "services/media/blob_folder.h"
#include "services/media/store.h"

namespace parley::media {
namespace {

constexpr std::string_view kAlice = "@alice:test";

// Answers every question alike, and remembers them.
class OtherServers final : public federation::DownloadsFake {
 public:
  absl::StatusOr<federation::FetchResponse> Fetch(
      const rpc::Call&, const federation::FetchRequest& request) override {
    absl::MutexLock lock(&mutex_);
    asked_.push_back(request.url().empty() ? request.destination() + request.path()
                                           : request.url());
    const auto answer = answers_.find(asked_.back());
    if (answer == answers_.end()) return absl::UnavailableError("nobody there");
    return answer->second;
  }

  void Answer(const std::string& to, uint32_t status, std::string content_type, std::string body) {
    federation::FetchResponse answer;
    answer.set_status(status);
    answer.set_content_type(std::move(content_type));
    answer.set_body(std::move(body));
    absl::MutexLock lock(&mutex_);
    answers_[to] = std::move(answer);
  }

  std::vector<std::string> asked() {
    absl::MutexLock lock(&mutex_);
    return asked_;
  }

 private:
  absl::Mutex mutex_;
  std::vector<std::string> asked_;
  std::map<std::string, federation::FetchResponse> answers_;
};

std::string Multipart(std::string_view second) {
  return StrCat("--b\r\nContent-Type: application/json\r\n\r\n{}\r\n--b\r\n", second,
                "\r\n--b--\r\n");
}

class MediaServiceTest : public ::testing::Test {
 protected:
  void SetUp() override {
    config_.server_name = "test";
    config_.partitions = 16;
    config_.max_upload_bytes = 6 << 20;
    config_.max_remote_bytes = 1000;
    config_.max_reserved = 2;
    config_.url_previews = true;
    store_ = *store::OpenSqlite({.path = folder_.path() + "/store.db"}, Migrations());
    blobs_ = *BlobFolder::Open(folder_.path() + "/media");
    service_ = *Service::Open(config_,
                              {*store_, bus_, *blobs_, others_, clock_, Rng::System(), registry_});
  }

  rpc::Call call() const { return {absl::Now() + absl::Seconds(10), "test"}; }

  absl::StatusOr<std::string> NewId(bool reserve, std::string_view user = kAlice) {
    CreateRequest request;
    request.set_user_id(std::string(user));
    request.set_reserve(reserve);
    const auto response = service_->Create(call(), request);
    if (!response.ok()) return response.status();
    return response->media_id();
  }

  // In parts of `part` bytes.
  std::string Upload(const std::string& id, std::string_view bytes, bool reserved,
                     std::string_view user = kAlice, size_t part = 4 << 20,
                     const std::string& attempt = "a1") {
    media::v1::Upload upload;
    upload.set_user_id(std::string(user));
    upload.set_attempt(attempt);
    upload.set_reserved(reserved);
    size_t at = 0;
    for (; bytes.size() - at > part; at += part) {
      WriteRequest write;
      write.set_media_id(id);
      *write.mutable_upload() = upload;
      write.set_offset(at);
      write.set_data(std::string(bytes.substr(at, part)));
      const auto written = service_->Write(call(), write);
      if (!written.ok()) return FromStatus(written.status()).errcode;
    }
    FinishRequest finish;
    finish.set_media_id(id);
    *finish.mutable_upload() = upload;
    finish.set_offset(at);
    finish.set_data(std::string(bytes.substr(at)));
    finish.set_content_type("text/plain");
    finish.set_file_name("a.txt");
    const auto finished = service_->Finish(call(), finish);
    return finished.ok() ? "" : FromStatus(finished.status()).errcode;
  }

  static ReadRequest Own(const std::string& id) {
    ReadRequest request;
    request.set_media_id(id);
    return request;
  }
  static ReadRequest Remote(const std::string& remote) {
    ReadRequest request;
    request.set_remote(remote);
    return request;
  }

  // The bytes, or the error's code.
  std::string Read(const ReadRequest& request) {
    const auto response = service_->Read(call(), request);
    return response.ok() ? response->data() : FromStatus(response.status()).errcode;
  }

  TemporaryFolder folder_;
  Config config_;
  bus::MemoryBus bus_;
  OtherServers others_;
  testing::ManualClock clock_;
  metrics::Registry registry_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<BlobFolder> blobs_;
  std::unique_ptr<Service> service_;
};

TEST_F(MediaServiceTest, GivesBackWhatWasUploaded) {
  const std::string id = *NewId(false);
  ASSERT_EQ(Upload(id, "hello", false), "");
  const auto response = service_->Read(call(), Own(id));
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->data(), "hello");
  EXPECT_EQ(response->info().content_type(), "text/plain");
  EXPECT_EQ(response->info().file_name(), "a.txt");
  EXPECT_EQ(response->info().size(), 5u);
}

TEST_F(MediaServiceTest, AnIdLivesWhereItsOwnerDoes) {
  const auto place = OwnPlace(*NewId(false), 16);
  ASSERT_TRUE(place);
  EXPECT_EQ(place->p, PartitionOf(kAlice, 16));
}

TEST_F(MediaServiceTest, TakesAndGivesLargeFilesInParts) {
  std::string bytes(5 << 20, 'x');
  bytes.back() = 'y';
  const std::string id = *NewId(false);
  ASSERT_EQ(Upload(id, bytes, false, kAlice, 1 << 20), "");
  ReadRequest request = Own(id);
  EXPECT_EQ(Read(request).size(), 4u << 20);
  request.set_offset(4 << 20);
  EXPECT_EQ(Read(request), bytes.substr(4 << 20));
}

TEST_F(MediaServiceTest, RefusesFilesThatAreTooLarge) {
  const std::string bytes(config_.max_upload_bytes + 1, 'x');
  EXPECT_EQ(Upload(*NewId(false), bytes, false), "M_TOO_LARGE");
}

TEST_F(MediaServiceTest, KnowsNoFileThatNobodyUploaded) {
  EXPECT_EQ(Read(Own("m_3_aaaaaaaaaaaaaaaaaaaaaaaa")), "M_NOT_FOUND");
  EXPECT_EQ(Read(Own("../../etc/passwd")), "M_NOT_FOUND");
  EXPECT_EQ(Read(Remote("test/abc")), "M_NOT_FOUND");
}

TEST_F(MediaServiceTest, AReservedIdIsFilledLaterOnceByItsOwner) {
  const std::string id = *NewId(true);
  EXPECT_EQ(Read(Own(id)), "M_NOT_YET_UPLOADED");
  EXPECT_EQ(Upload(id, "x", true, "@bob:test"), "M_FORBIDDEN");
  EXPECT_EQ(Upload(id, "hello", true), "");
  EXPECT_EQ(Read(Own(id)), "hello");
  EXPECT_EQ(Upload(id, "other", true, kAlice, 4 << 20, "a2"), "M_CANNOT_OVERWRITE_MEDIA");
  EXPECT_EQ(Upload(id, "other", true, "@bob:test"), "M_FORBIDDEN");
  EXPECT_EQ(Read(Own(id)), "hello");
}

TEST_F(MediaServiceTest, FinishingTwiceIsFinishingOnce) {
  const std::string id = *NewId(true);
  EXPECT_EQ(Upload(id, "hello", true), "");
  EXPECT_EQ(Upload(id, "hello", true), "");
}

TEST_F(MediaServiceTest, AnIdThatWasNotReservedCantBeFilled) {
  EXPECT_EQ(Upload(*NewId(false), "x", true), "M_NOT_FOUND");
  EXPECT_EQ(Upload(*NewId(false, "@bob:test"), "x", true), "M_NOT_FOUND");
}

TEST_F(MediaServiceTest, AReservedIdExpires) {
  const std::string id = *NewId(true);
  clock_.Advance(config_.reserved_lifetime);
  EXPECT_EQ(Read(Own(id)), "M_NOT_FOUND");
  EXPECT_EQ(Upload(id, "x", true), "M_NOT_FOUND");
}

TEST_F(MediaServiceTest, FewIdsOfAUserWait) {
  const std::string first = *NewId(true);
  ASSERT_TRUE(NewId(true).ok());
  EXPECT_TRUE(HasErrcode(NewId(true).status(), "M_LIMIT_EXCEEDED"));
  EXPECT_TRUE(NewId(true, "@bob:test").ok());
  ASSERT_EQ(Upload(first, "x", true), "");
  EXPECT_TRUE(NewId(true).ok());
}

TEST_F(MediaServiceTest, TidyingDropsIdsThatHaveExpired) {
  const std::string id = *NewId(true);
  clock_.Advance(config_.reserved_lifetime);
  service_->Tidy();
  clock_.Advance(-config_.reserved_lifetime);
  EXPECT_EQ(Read(Own(id)), "M_NOT_FOUND");
}

TEST_F(MediaServiceTest, AReaderWaitsForTheUpload) {
  const std::string id = *NewId(true);
  std::string read;
  std::thread reader([&] {
    ReadRequest request = Own(id);
    request.set_wait_ms(10'000);
    do read = Read(request);
    while (read == "M_NOT_YET_UPLOADED");
  });
  EXPECT_EQ(Upload(id, "hello", true), "");
  reader.join();
  EXPECT_EQ(read, "hello");
}

TEST_F(MediaServiceTest, NobodyGetsAFileInQuarantine) {
  const std::string id = *NewId(false);
  ASSERT_EQ(Upload(id, "hello", false), "");
  QuarantineRequest request;
  request.set_media_id(id);
  request.set_quarantined(true);
  EXPECT_TRUE(HasErrcode(service_->Quarantine(call(), request).status(), "M_FORBIDDEN"));
  request.mutable_requester()->set_is_admin(true);
  ASSERT_TRUE(service_->Quarantine(call(), request).ok());
  EXPECT_EQ(Read(Own(id)), "M_NOT_FOUND");
  request.set_quarantined(false);
  ASSERT_TRUE(service_->Quarantine(call(), request).ok());
  EXPECT_EQ(Read(Own(id)), "hello");
}

TEST_F(MediaServiceTest, FetchesAFileOfAnotherServerOnce) {
  others_.Answer("other.org/_matrix/federation/v1/media/download/abc", 200,
                 "multipart/mixed; boundary=b",
                 Multipart("Content-Type: image/gif\r\nContent-Disposition: inline; "
                           "filename=\"x y.gif\"\r\n\r\nGIF"));
  const auto response = service_->Read(call(), Remote("other.org/abc"));
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->data(), "GIF");
  EXPECT_EQ(response->info().content_type(), "image/gif");
  EXPECT_EQ(response->info().file_name(), "x y.gif");
  EXPECT_EQ(Read(Remote("other.org/abc")), "GIF");
  EXPECT_EQ(others_.asked().size(), 1u);
}

TEST_F(MediaServiceTest, FollowsWhereTheOtherServerPoints) {
  others_.Answer("other.org/_matrix/federation/v1/media/download/abc", 200,
                 "multipart/mixed; boundary=b",
                 Multipart("Location: https://cdn.other.org/f\r\n\r\n"));
  others_.Answer("https://cdn.other.org/f", 200, "text/plain", "there");
  EXPECT_EQ(Read(Remote("other.org/abc")), "there");
}

TEST_F(MediaServiceTest, AsksOldServersTheOldWay) {
  others_.Answer("old.org/_matrix/federation/v1/media/download/abc", 404, "application/json",
                 R"({"errcode":"M_UNRECOGNIZED","error":"?"})");
  others_.Answer("old.org/_matrix/media/v3/download/old.org/abc?allow_remote=false", 200,
                 "text/plain", "old");
  EXPECT_EQ(Read(Remote("old.org/abc")), "old");
  others_.Answer("older.org/_matrix/federation/v1/media/download/abc", 404, "text/plain", 
                 "404 page not found");
  others_.Answer("older.org/_matrix/media/v3/download/older.org/abc?allow_remote=false", 200,
                 "text/plain", "older");
  EXPECT_EQ(Read(Remote("older.org/abc")), "older");
}

TEST_F(MediaServiceTest, DoesNotAskTheOldWayWhereTheFileIsMissing) {
  others_.Answer("new.org/_matrix/federation/v1/media/download/abc", 404, "application/json",
                 R"({"errcode":"M_NOT_FOUND","error":"?"})");
  EXPECT_EQ(Read(Remote("new.org/abc")), "M_NOT_FOUND");
  EXPECT_EQ(others_.asked().size(), 1u);
}

TEST_F(MediaServiceTest, TellsWhatIsWrongWithAnotherServersFile) {
  const std::string download = "/_matrix/federation/v1/media/download/abc";
  EXPECT_EQ(Read(Remote("away.org/abc")), "M_NOT_FOUND");
  others_.Answer("later.org" + download, 504, "application/json",
                 R"({"errcode":"M_NOT_YET_UPLOADED","error":"?"})");
  EXPECT_EQ(Read(Remote("later.org/abc")), "M_NOT_YET_UPLOADED");
  others_.Answer("large.org" + download, 200, "multipart/mixed; boundary=b",
                 Multipart("\r\n" + std::string(config_.max_remote_bytes + 1, 'x')));
  EXPECT_EQ(Read(Remote("large.org/abc")), "M_TOO_LARGE");
  others_.Answer("odd.org" + download, 200, "application/json", "{}");
  EXPECT_EQ(Read(Remote("odd.org/abc")), "M_NOT_FOUND");
}

TEST_F(MediaServiceTest, AsksNobodyWhereThatIsNotWanted) {
  ReadRequest request = Remote("other.org/abc");
  request.set_no_fetch(true);
  EXPECT_EQ(Read(request), "M_NOT_FOUND");
  EXPECT_TRUE(others_.asked().empty());
}

TEST_F(MediaServiceTest, PreviewsAPageWithItsPicture) {
  others_.Answer("https://e.org/a", 200, "text/html; charset=utf-8",
                 "<meta property=og:title content=T><meta property=og:image content=/p.gif>");
  others_.Answer("https://e.org/p.gif", 200, "image/gif", "GIF89a...");
  PreviewRequest request;
  request.set_url("https://e.org/a");
  const auto response = service_->Preview(call(), request);
  ASSERT_TRUE(response.ok()) << response.status();
  const auto preview = json::ParseObject(response->json());
  ASSERT_TRUE(preview.ok());
  EXPECT_EQ(json::StringOr(*preview, "og:title", ""), "T");
  EXPECT_EQ(json::IntOr(*preview, "matrix:image:size", 0), 9);
  const std::string uri(json::StringOr(*preview, "og:image", ""));
  ASSERT_TRUE(uri.starts_with("mxc://test/m_")) << uri;
  EXPECT_EQ(Read(Own(uri.substr(11))), "GIF89a...");
  EXPECT_TRUE(service_->Preview(call(), request).ok());
  EXPECT_EQ(others_.asked().size(), 2u);
}

TEST_F(MediaServiceTest, PreviewsOnlyWhatIsOnTheWeb) {
  for (const char* url : {"", "http://e.org/", "file:///etc/passwd", "//e.org", "/a", "https://",
                          "javascript:alert(1)", "https://a b/"}) {
    PreviewRequest request;
    request.set_url(url);
    EXPECT_TRUE(HasErrcode(service_->Preview(call(), request).status(), "M_INVALID_PARAM")) << url;
  }
  PreviewRequest request;
  request.set_url("https://nobody.example/");
  EXPECT_TRUE(HasErrcode(service_->Preview(call(), request).status(), "M_NOT_FOUND"));
}

TEST(ResolveUrl, LeadsOverHttpsAlone) {
  EXPECT_EQ(ResolveUrl("https://e.org/a?b", "/c"), "https://e.org/c");
  EXPECT_EQ(ResolveUrl("https://e.org", "/c#d"), "https://e.org/c");
  EXPECT_EQ(ResolveUrl("https://e.org/a", "//f.org/c"), "https://f.org/c");
  EXPECT_EQ(ResolveUrl("https://e.org/a", "https://f.org/c"), "https://f.org/c");
  for (const char* reference : {"", "http://f.org/", "c.png", "ftp://x/", "https://", "/a b"}) {
    EXPECT_EQ(ResolveUrl("https://e.org/a", reference), "") << reference;
  }
}

TEST_F(MediaServiceTest, MakesNoThumbnailOfText) {
  const std::string id = *NewId(false);
  ASSERT_EQ(Upload(id, "<svg xmlns='http://www.w3.org/2000/svg'/>", false), "");
  ReadRequest request = Own(id);
  request.mutable_thumbnail()->set_width(32);
  request.mutable_thumbnail()->set_height(32);
  EXPECT_EQ(Read(request), "M_UNKNOWN");
}

}  // namespace
}  // namespace parley::media
