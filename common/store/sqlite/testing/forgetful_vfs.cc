#include "common/store/sqlite/testing/forgetful_vfs.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <vector>

#include <absl/base/thread_annotations.h>
#include <absl/synchronization/mutex.h>

namespace parley::store {
namespace {

constexpr int64_t kSector = 512;

// What a file held where an unsynced write went.
struct Undo {
  int64_t offset = 0;
  std::string bytes;
  int64_t file_size = 0;  // before the write
};

// Zeros behind the file's end.
std::string ReadAt(int fd, int64_t offset, int64_t size) {
  std::string bytes(std::max<int64_t>(size, 0), '\0');
  if (pread(fd, bytes.data(), bytes.size(), offset) < 0) bytes.clear();
  return bytes;
}

int64_t SizeOf(int fd) {
  struct stat info = {};
  fstat(fd, &info);
  return info.st_size;
}

}  // namespace

class ForgetfulVfs::Impl {
 public:
  Impl(std::string name, uint64_t seed);
  ~Impl() { sqlite3_vfs_unregister(&vfs_); }

  const std::string& name() const { return name_; }
  void CrashAfterWrites(int64_t writes, Keep keep);
  bool crashed() const;
  void PowerOn();

  void SetFull(bool full);

  // SQLITE_OK if the write may be done; remembers what it destroys.
  int BeforeChange(const std::string& path, int64_t offset, int64_t size);
  // True if the sync may be done.
  bool BeforeSync(const std::string& path);

  sqlite3_vfs* real() { return real_; }

 private:
  static int Open(sqlite3_vfs* vfs, const char* path, sqlite3_file* file, int flags,
                  int* out_flags);
  static int Delete(sqlite3_vfs* vfs, const char* path, int sync);

  void LosePower() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void TakeBack(const std::string& path, const std::vector<Undo>& undos)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Restore(int fd, const Undo& undo) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::string name_;
  sqlite3_vfs* const real_;
  sqlite3_vfs vfs_;

  mutable absl::Mutex mutex_;
  std::mt19937_64 random_ ABSL_GUARDED_BY(mutex_);
  Keep keep_ ABSL_GUARDED_BY(mutex_) = Keep::kNothing;
  int64_t writes_left_ ABSL_GUARDED_BY(mutex_) = -1;  // -1: no crash is planned
  bool full_ ABSL_GUARDED_BY(mutex_) = false;
  bool crashed_ ABSL_GUARDED_BY(mutex_) = false;
  std::map<std::string, std::vector<Undo>> unsynced_ ABSL_GUARDED_BY(mutex_);
};

namespace {

// Followed in memory by the real VFS's own file.
struct File {
  sqlite3_file base;
  ForgetfulVfs::Impl* disk;
  std::string* path;

  sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};

File* Of(sqlite3_file* file) {
  return reinterpret_cast<File*>(file);
}
sqlite3_file* Real(sqlite3_file* file) {
  return Of(file)->real();
}

int Close(sqlite3_file* file) {
  const int result = Real(file)->pMethods->xClose(Real(file));
  delete Of(file)->path;
  return result;
}

int Write(sqlite3_file* file, const void* data, int size, sqlite3_int64 offset) {
  const int refused = Of(file)->disk->BeforeChange(*Of(file)->path, offset, size);
  if (refused) return refused;
  return Real(file)->pMethods->xWrite(Real(file), data, size, offset);
}

int Truncate(sqlite3_file* file, sqlite3_int64 size) {
  sqlite3_int64 old_size = 0;
  Real(file)->pMethods->xFileSize(Real(file), &old_size);
  const int refused = Of(file)->disk->BeforeChange(*Of(file)->path, size, old_size - size);
  if (refused) return refused;
  return Real(file)->pMethods->xTruncate(Real(file), size);
}

int Sync(sqlite3_file* file, int flags) {
  if (!Of(file)->disk->BeforeSync(*Of(file)->path)) return SQLITE_IOERR_FSYNC;
  return SQLITE_OK;  // the real disk need not be waited for: only this one crashes
}

int Read(sqlite3_file* file, void* data, int size, sqlite3_int64 offset) {
  return Real(file)->pMethods->xRead(Real(file), data, size, offset);
}
int FileSize(sqlite3_file* file, sqlite3_int64* size) {
  return Real(file)->pMethods->xFileSize(Real(file), size);
}
int Lock(sqlite3_file* file, int lock) {
  return Real(file)->pMethods->xLock(Real(file), lock);
}
int Unlock(sqlite3_file* file, int lock) {
  return Real(file)->pMethods->xUnlock(Real(file), lock);
}
int CheckLock(sqlite3_file* file, int* out) {
  return Real(file)->pMethods->xCheckReservedLock(Real(file), out);
}
int Control(sqlite3_file* file, int op, void* arg) {
  return Real(file)->pMethods->xFileControl(Real(file), op, arg);
}
int SectorSize(sqlite3_file*) {
  return kSector;
}
int Characteristics(sqlite3_file*) {
  return 0;
}
int ShmMap(sqlite3_file* file, int page, int size, int extend, void volatile** out) {
  return Real(file)->pMethods->xShmMap(Real(file), page, size, extend, out);
}
int ShmLock(sqlite3_file* file, int offset, int n, int flags) {
  return Real(file)->pMethods->xShmLock(Real(file), offset, n, flags);
}
void ShmBarrier(sqlite3_file* file) {
  Real(file)->pMethods->xShmBarrier(Real(file));
}
int ShmUnmap(sqlite3_file* file, int remove) {
  return Real(file)->pMethods->xShmUnmap(Real(file), remove);
}

constexpr sqlite3_io_methods kMethods = {
    2,        Close,     Read,    Write,      Truncate,        Sync,   FileSize, Lock,
    Unlock,   CheckLock, Control, SectorSize, Characteristics, ShmMap, ShmLock,  ShmBarrier,
    ShmUnmap, nullptr,   nullptr};

}  // namespace

ForgetfulVfs::Impl::Impl(std::string name, uint64_t seed)
    : name_(std::move(name)), real_(sqlite3_vfs_find(nullptr)), vfs_(*real_), random_(seed) {
  vfs_.szOsFile = static_cast<int>(sizeof(File)) + real_->szOsFile;
  vfs_.zName = name_.c_str();
  vfs_.pNext = nullptr;
  vfs_.xOpen = Open;
  vfs_.xDelete = Delete;
  vfs_.pAppData = this;  // the real VFS needs its own only in xOpen, where it gets itself
  sqlite3_vfs_register(&vfs_, 0);
}

int ForgetfulVfs::Impl::Open(sqlite3_vfs* vfs, const char* path, sqlite3_file* file, int flags,
                             int* out_flags) {
  auto* disk = static_cast<Impl*>(vfs->pAppData);
  File* const own = Of(file);
  own->base.pMethods = nullptr;
  const int result = disk->real_->xOpen(disk->real_, path, own->real(), flags, out_flags);
  if (result != SQLITE_OK) return result;
  own->base.pMethods = &kMethods;
  own->disk = disk;
  own->path = new std::string(path ? path : "");
  return SQLITE_OK;
}

int ForgetfulVfs::Impl::Delete(sqlite3_vfs* vfs, const char* path, int sync) {
  auto* disk = static_cast<Impl*>(vfs->pAppData);
  {
    absl::MutexLock lock(&disk->mutex_);
    if (disk->crashed_) return SQLITE_IOERR_DELETE;
    disk->unsynced_.erase(path);
  }
  return disk->real_->xDelete(disk->real_, path, sync);
}

void ForgetfulVfs::Impl::CrashAfterWrites(int64_t writes, Keep keep) {
  absl::MutexLock lock(&mutex_);
  writes_left_ = writes;
  keep_ = keep;
}

bool ForgetfulVfs::Impl::crashed() const {
  absl::MutexLock lock(&mutex_);
  return crashed_;
}

void ForgetfulVfs::Impl::PowerOn() {
  absl::MutexLock lock(&mutex_);
  crashed_ = false;
  writes_left_ = -1;
}

void ForgetfulVfs::Impl::SetFull(bool full) {
  absl::MutexLock lock(&mutex_);
  full_ = full;
}

int ForgetfulVfs::Impl::BeforeChange(const std::string& path, int64_t offset, int64_t size) {
  absl::MutexLock lock(&mutex_);
  if (!crashed_ && writes_left_ > 0 && --writes_left_ == 0) LosePower();
  if (crashed_) return SQLITE_IOERR_WRITE;
  if (full_) return SQLITE_FULL;
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  unsynced_[path].push_back({offset, ReadAt(fd, offset, size), SizeOf(fd)});
  close(fd);
  return SQLITE_OK;
}

bool ForgetfulVfs::Impl::BeforeSync(const std::string& path) {
  absl::MutexLock lock(&mutex_);
  if (crashed_) return false;
  unsynced_.erase(path);
  return true;
}

void ForgetfulVfs::Impl::LosePower() {
  crashed_ = true;
  for (const auto& [path, undos] : unsynced_) TakeBack(path, undos);
  unsynced_.clear();
}

void ForgetfulVfs::Impl::TakeBack(const std::string& path, const std::vector<Undo>& undos) {
  const int fd = open(path.c_str(), O_RDWR | O_CLOEXEC);
  for (auto undo = undos.rbegin(); undo != undos.rend(); ++undo) Restore(fd, *undo);
  close(fd);
}

void ForgetfulVfs::Impl::Restore(int fd, const Undo& undo) {
  const auto size = static_cast<int64_t>(undo.bytes.size());
  for (int64_t at = 0; at < size; at += kSector) {
    if (keep_ == Keep::kAnySectors && random_() % 2 == 0) continue;
    const auto length = static_cast<size_t>(std::min(kSector, size - at));
    if (pwrite(fd, undo.bytes.data() + at, length, undo.offset + at) < 0) return;
  }
  if (keep_ == Keep::kNothing && ftruncate(fd, undo.file_size) != 0) return;
}

ForgetfulVfs::ForgetfulVfs(std::string name, uint64_t seed)
    : impl_(std::make_unique<Impl>(std::move(name), seed)) {}
ForgetfulVfs::~ForgetfulVfs() = default;
const std::string& ForgetfulVfs::name() const {
  return impl_->name();
}
void ForgetfulVfs::CrashAfterWrites(int64_t writes, Keep keep) {
  impl_->CrashAfterWrites(writes, keep);
}
bool ForgetfulVfs::crashed() const {
  return impl_->crashed();
}
void ForgetfulVfs::PowerOn() {
  impl_->PowerOn();
}
void ForgetfulVfs::SetFull(bool full) {
  impl_->SetFull(full);
}

}  // namespace parley::store
