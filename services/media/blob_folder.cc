#include "services/media/blob_folder.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>
#include <vector>

#include "common/base/strings.h"
#include "common/crypto/hash.h"
#include "common/status/macros.h"

namespace parley::media {
namespace {

namespace fs = std::filesystem;

absl::Status Failed(std::string_view what) {
  return absl::UnavailableError(StrCat("media: ", what, ": ", std::strerror(errno)));
}

class File {
 public:
  File(const std::string& path, int flags) : fd_(open(path.c_str(), flags | O_CLOEXEC, 0600)) {}
  ~File() {
    if (fd_ >= 0) close(fd_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  bool is_open() const { return fd_ >= 0; }
  int fd() const { return fd_; }
  absl::StatusOr<uint64_t> Size() const {
    struct stat info;
    if (fstat(fd_, &info) != 0) return Failed("stat");
    return static_cast<uint64_t>(info.st_size);
  }

 private:
  const int fd_;
};

absl::Status WriteAt(const File& file, uint64_t offset, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = pwrite(file.fd(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return Failed("write");
    bytes.remove_prefix(static_cast<size_t>(n));
    offset += static_cast<uint64_t>(n);
  }
  return absl::OkStatus();
}

absl::StatusOr<BlobStore::Blob> Digest(const File& file) {
  PARLEY_TRY(const uint64_t size, file.Size());
  if (size == 0) return BlobStore::Blob{crypto::EncodeHex(crypto::Sha256("")), 0};
  void* map = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.fd(), 0);
  if (map == MAP_FAILED) return Failed("mmap");
  std::string hash = crypto::Sha256({static_cast<const char*>(map), size});
  munmap(map, size);
  return BlobStore::Blob{crypto::EncodeHex(hash), size};
}

absl::Status SyncFolder(const std::string& path) {
  const File folder(path, O_RDONLY | O_DIRECTORY);
  if (!folder.is_open() || fsync(folder.fd()) != 0) return Failed("sync");
  return absl::OkStatus();
}

// Folders that are new are synced into those that hold them, too.
absl::Status MakeFolders(const fs::path& path) {
  if (fs::is_directory(path)) return absl::OkStatus();
  PARLEY_RETURN_IF_ERROR(MakeFolders(path.parent_path()));
  if (mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return Failed("mkdir");
  return SyncFolder(path.parent_path());
}

// Names come from requests: nothing but these characters leads into a path.
bool IsSafeName(std::string_view name) {
  constexpr std::string_view kSafe =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.";
  return !name.empty() && name.size() <= 255 && name.front() != '.' &&
         name.find_first_not_of(kSafe) == name.npos;
}

bool IsSha256(std::string_view text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == text.npos;
}

}  // namespace

absl::StatusOr<std::unique_ptr<BlobFolder>> BlobFolder::Open(std::string path) {
  std::unique_ptr<BlobFolder> folder(new BlobFolder(std::move(path)));
  const fs::path top = fs::absolute(folder->path_);
  PARLEY_RETURN_IF_ERROR(MakeFolders(top / "incoming"));
  PARLEY_RETURN_IF_ERROR(MakeFolders(top / "blobs"));
  return folder;
}

std::string BlobFolder::IncomingPath(std::string_view upload) const {
  return StrCat(path_, "/incoming/", upload);
}

std::string BlobFolder::BlobPath(std::string_view sha256) const {
  return StrCat(path_, "/blobs/", sha256.substr(0, 2), "/", sha256.substr(2, 2), "/", sha256);
}

absl::Status BlobFolder::Write(std::string_view upload, uint64_t offset, std::string_view bytes) {
  if (!IsSafeName(upload)) return absl::InvalidArgumentError("no name of an upload");
  const File file(IncomingPath(upload), O_WRONLY | O_CREAT);
  if (!file.is_open()) return Failed("open");
  PARLEY_TRY(const uint64_t size, file.Size());
  if (offset > size) return absl::FailedPreconditionError("a part of the upload is missing");
  return WriteAt(file, offset, bytes);
}

absl::StatusOr<BlobStore::Blob> BlobFolder::Keep(std::string_view upload) {
  if (!IsSafeName(upload)) return absl::InvalidArgumentError("no name of an upload");
  const std::string incoming = IncomingPath(upload);
  const File file(incoming, O_RDWR);
  if (!file.is_open()) return absl::NotFoundError("there is no such upload");
  if (fsync(file.fd()) != 0) return Failed("sync");
  PARLEY_TRY(Blob blob, Digest(file));
  const std::string path = BlobPath(blob.sha256);
  const std::string folder = fs::path(path).parent_path();
  PARLEY_RETURN_IF_ERROR(MakeFolders(folder));
  if (rename(incoming.c_str(), path.c_str()) != 0) return Failed("rename");
  PARLEY_RETURN_IF_ERROR(SyncFolder(folder));
  return blob;
}

void BlobFolder::Discard(std::string_view upload) {
  if (IsSafeName(upload)) unlink(IncomingPath(upload).c_str());
}

void BlobFolder::DiscardOlderThan(absl::Time time) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(path_ + "/incoming", error)) {
    struct stat info;
    if (stat(entry.path().c_str(), &info) != 0) continue;
    if (absl::TimeFromTimespec(info.st_mtim) < time) unlink(entry.path().c_str());
  }
}

absl::StatusOr<std::string> BlobFolder::Read(std::string_view sha256, uint64_t offset,
                                             size_t length) const {
  if (!IsSha256(sha256)) return absl::InvalidArgumentError("no digest");
  const File file(BlobPath(sha256), O_RDONLY);
  if (!file.is_open()) return absl::NotFoundError("there is no such file");
  PARLEY_TRY(const uint64_t size, file.Size());
  std::string bytes(std::min<uint64_t>(length, size - std::min(size, offset)), '\0');
  size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t n = pread(file.fd(), bytes.data() + done, bytes.size() - done,
                            static_cast<off_t>(offset + done));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return Failed("read");
    done += static_cast<size_t>(n);
  }
  return bytes;
}

}  // namespace parley::media
