#pragma once

#include <cstdint>
#include <memory>
#include <random>
#include <string>

namespace parley::store {

// An SQLite VFS over the real one that can lose power: a crash takes back what was written and not
// yet synced, in every file, and from then on all writing and syncing fails, until power is back.
// kill -9 can't show a missing sync, this can.
//
//   ForgetfulVfs vfs("forgetful");
//   auto store = OpenSqlite({.path = …, .vfs = vfs.name()}, …);
//   vfs.CrashAfterWrites(1000, ForgetfulVfs::Keep::kNothing);
//   … write until the store fails, destroy it …
//   vfs.PowerOn();
//
// Threads: safe from any. Lifetime: outlives every connection opened with it. Of directories it
// forgets nothing.
class ForgetfulVfs {
 public:
  // What a crash leaves of the unsynced writes.
  enum class Keep {
    kNothing,
    kAnySectors,  // each sector of 512 bytes by the toss of a coin, as disks do
  };

  // `name` is unique in the process.
  explicit ForgetfulVfs(std::string name, uint64_t seed = 1);
  ~ForgetfulVfs();

  const std::string& name() const;

  // Loses power at the `writes`-th write from now, before it is done.
  void CrashAfterWrites(int64_t writes, Keep keep);
  bool crashed() const;
  void PowerOn();

  // While full, every write fails with SQLITE_FULL.
  void SetFull(bool full);

  class Impl;

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace parley::store
