#include "services/parley/data_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <system_error>

#include "common/base/files.h"
#include "common/base/rng.h"
#include "common/base/strings.h"
#include "common/status/macros.h"

namespace parley {
namespace {

namespace fs = std::filesystem;

absl::Status Failed(std::string_view what, const std::string& path) {
  return absl::UnavailableError(StrCat("cannot ", what, " ", path, ": ", std::generic_category().message(errno)));
}

// Written beside and renamed, so that a crash leaves either nothing or all of it.
absl::Status WriteFile(const std::string& path, const std::string& text) {
  const std::string draft = StrCat(path, ".new", getpid());
  const int fd = open(draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return Failed("write", draft);
  const bool written = write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && fsync(fd) == 0;
  close(fd);
  if (!written || rename(draft.c_str(), path.c_str()) != 0) return Failed("write", path);
  return absl::OkStatus();
}

// The same for a file that several processes may make: one of them does, the others keep what is there.
absl::Status MakeFile(const std::string& path, const std::string& text) {
  const std::string draft = StrCat(path, ".first", getpid());
  PARLEY_RETURN_IF_ERROR(WriteFile(draft, text));
  const bool made = link(draft.c_str(), path.c_str()) == 0 || errno == EEXIST;
  unlink(draft.c_str());
  return made ? absl::OkStatus() : Failed("write", path);
}

absl::StatusOr<std::string> Read(const std::string& path) {
  std::optional<std::string> text = ReadFile(path);
  if (!text) return Failed("read", path);
  return *std::move(text);
}

// What can never be changed, in a file of its own: set at the first start, compared at every later one.
absl::Status CheckDeployment(const Config& config) {
  const std::string path = config.data_dir + "/deployment";
  const std::string now = StrCat("server_name ", config.server_name, "\npartitions ", config.partitions, "\n");
  if (!fs::exists(path)) return WriteFile(path, now);
  PARLEY_TRY(const std::string then, Read(path));
  if (then == now) return absl::OkStatus();
  return absl::FailedPreconditionError(StrCat("the data folder ", config.data_dir,
                                              " was made with another server_name or number of partitions: see ", path));
}

}  // namespace

absl::StatusOr<int> LockDataFolder(const std::string& folder) {
  const std::string path = folder + "/lock";
  const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return Failed("open", path);
  if (flock(fd, LOCK_EX | LOCK_NB) == 0) return fd;
  close(fd);
  return absl::FailedPreconditionError(StrCat("another parley uses the data folder ", folder));
}

absl::StatusOr<std::unique_ptr<DataFolder>> DataFolder::Open(const Config& config) {
  std::error_code error;
  const bool made = fs::create_directories(config.data_dir, error);
  if (error) {
    return absl::UnavailableError(StrCat("cannot make the data folder ", config.data_dir, ": ", error.message()));
  }
  if (made) chmod(config.data_dir.c_str(), 0700);
  PARLEY_TRY(const int lock, LockDataFolder(config.data_dir));
  std::unique_ptr<DataFolder> folder(new DataFolder(config, lock));
  PARLEY_RETURN_IF_ERROR(CheckDeployment(config));
  return folder;
}

DataFolder::~DataFolder() { close(lock_); }

absl::StatusOr<crypto::SigningKey> DataFolder::LoadSigningKey() const {
  const std::string& path = config_.signing_key_path;
  if (!fs::exists(path)) {
    const crypto::SigningKey key = crypto::SigningKey::Generate(Rng::System());
    PARLEY_RETURN_IF_ERROR(MakeFile(path, key.ToFile()));
  }
  PARLEY_TRY(const std::string text, Read(path));
  return crypto::SigningKey::ParseFile(text);
}

absl::StatusOr<std::vector<federation::PublishedKey>> DataFolder::LoadOldKeys() const {
  const std::string path = federation::OldKeysPath(config_.signing_key_path);
  if (!fs::exists(path)) return std::vector<federation::PublishedKey>();
  PARLEY_TRY(const std::string text, Read(path));
  return federation::ParseOldKeys(text);
}

absl::Status DataFolder::PublishRpcAddress(const std::string& address) const {
  return WriteFile(config_.data_dir + "/rpc_address", address + "\n");
}

}  // namespace parley
