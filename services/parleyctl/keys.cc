#include "services/parleyctl/keys.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <ostream>
#include <system_error>
#include <vector>

#include "common/base/files.h"
#include "common/base/strings.h"
#include "common/crypto/sign.h"
#include "common/federation/key_file.h"
#include "common/status/macros.h"

namespace parley::ctl {
namespace {

namespace fs = std::filesystem;

absl::Status Failed(std::string_view what, const std::string& path) {
  return absl::UnavailableError(
      StrCat("cannot ", what, " ", path, ": ", std::generic_category().message(errno)));
}

// Holds the data folder as a server would, for as long as it lives.
class FolderLock {
 public:
  explicit FolderLock(const std::string& data_dir)
      : fd_(open((data_dir + "/lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)) {}
  ~FolderLock() {
    if (fd_ >= 0) close(fd_);
  }
  bool is_held() const { return fd_ >= 0 && flock(fd_, LOCK_EX | LOCK_NB) == 0; }

 private:
  const int fd_;
};

absl::StatusOr<std::string> Read(const std::string& path) {
  std::optional<std::string> text = ReadFile(path);
  if (!text) return Failed("read", path);
  return *std::move(text);
}

// Written beside and renamed, so that a crash leaves either the old or the new.
absl::Status Replace(const std::string& path, const std::string& text) {
  const std::string draft = path + ".new";
  const int fd = open(draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return Failed("write", draft);
  const bool written =
      write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && fsync(fd) == 0;
  close(fd);
  return written && rename(draft.c_str(), path.c_str()) == 0 ? absl::OkStatus()
                                                             : Failed("write", path);
}

// The old keys with `retired` among them, once.
absl::Status Remember(const std::string& path, const federation::PublishedKey& retired) {
  std::vector<federation::PublishedKey> keys;
  if (fs::exists(path)) {
    PARLEY_TRY(const std::string text, Read(path));
    PARLEY_TRY(keys, federation::ParseOldKeys(text));
  }
  std::erase_if(keys, [&](const auto& key) { return key.key_id == retired.key_id; });
  keys.push_back(retired);
  std::string text;
  for (const federation::PublishedKey& key : keys) text += federation::FormatOldKey(key);
  return Replace(path, text);
}

}  // namespace

absl::Status RotateSigningKey(const std::string& data_dir, const std::string& key_path,
                              const Clock& clock, Rng& rng, std::ostream& out) {
  const std::string path = key_path.empty() ? data_dir + "/signing.key" : key_path;
  const FolderLock lock(data_dir);
  if (!lock.is_held()) {
    return absl::FailedPreconditionError(
        StrCat("a server uses ", data_dir, ", or it is no data folder: stop the server first"));
  }
  PARLEY_TRY(const std::string text, Read(path));
  PARLEY_TRY(const crypto::SigningKey old, crypto::SigningKey::ParseFile(text));
  const crypto::SigningKey fresh = crypto::SigningKey::Generate(rng);
  PARLEY_RETURN_IF_ERROR(
      Remember(federation::OldKeysPath(path), {old.id(), old.public_key(), clock.NowMs()}));
  PARLEY_RETURN_IF_ERROR(Replace(path, fresh.ToFile()));
  out << "the key is " << fresh.id() << " now; " << old.id() << " is told as an old one\n";
  return absl::OkStatus();
}

}  // namespace parley::ctl
