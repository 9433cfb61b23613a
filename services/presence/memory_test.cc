#include <malloc.h>

#include <atomic>
#include <cstdlib>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "common/base/strings.h"
#include "common/bus/memory_bus.h"
#include "services/presence/directory.h"

// What a user costs in memory, counted at operator new: the sizes that malloc gives, not those that
// were asked for.
namespace {

std::atomic<int64_t> bytes_held = 0;

void* Counted(size_t size, const std::nothrow_t&) noexcept {
  void* const memory = std::malloc(size);
  if (memory != nullptr) bytes_held += static_cast<int64_t>(malloc_usable_size(memory));
  return memory;
}

void* Counted(size_t size) {
  void* const memory = Counted(size, std::nothrow);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}

void Uncount(void* memory) noexcept {
  if (memory != nullptr) bytes_held -= static_cast<int64_t>(malloc_usable_size(memory));
  std::free(memory);
}

}  // namespace

void* operator new(size_t size) {
  return Counted(size);
}
void* operator new[](size_t size) {
  return Counted(size);
}
void* operator new(size_t size, const std::nothrow_t& tag) noexcept {
  return Counted(size, tag);
}
void* operator new[](size_t size, const std::nothrow_t& tag) noexcept {
  return Counted(size, tag);
}
void operator delete(void* memory) noexcept {
  Uncount(memory);
}
void operator delete[](void* memory) noexcept {
  Uncount(memory);
}
void operator delete(void* memory, size_t) noexcept {
  Uncount(memory);
}
void operator delete[](void* memory, size_t) noexcept {
  Uncount(memory);
}

namespace parley::presence {
namespace {

constexpr int kUsers = 200;
const absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);

std::string UserId(int i) {
  return StrCat("@somebody-with-a-name-", i, ":example.org");
}

// Bytes for each of kUsers users of whom `live` tells what they did.
template <class Live>
int64_t BytesPerUser(Live live) {
  const Config config;
  bus::MemoryBus bus;
  const int64_t before = bytes_held;
  Directory directory(config, bus, 0, 1, kNow);
  for (int i = 0; i < kUsers; ++i) live(directory, UserId(i));
  for (const SavedUser& saved : directory.TakeUnsaved()) EXPECT_FALSE(saved.user_id.empty());
  return (bytes_held - before) / kUsers;
}

TEST(PresenceMemory, OfAUsualUserIsSmall) {
  const int64_t bytes = BytesPerUser([](Directory& directory, const std::string& user) {
    directory.Apply(user, StreamSeen{"ABCDEFGHIJ"}, kNow);
    directory.SetProfile(
        user, {"A name of usual length", "mxc://example.org/abcdefghijklmnopqrstuvwx"}, false);
  });
  RecordProperty("bytes", static_cast<int>(bytes));
  EXPECT_LE(bytes, static_cast<int64_t>(Directory::kUsualBytes));
}

TEST(PresenceMemory, OfAUserIsBounded) {
  const Config config;
  const std::string text(config.max_status_msg_bytes, 'x');
  const int64_t bytes = BytesPerUser([&](Directory& directory, const std::string& user) {
    for (int device = 0; device < 200; ++device)
      directory.Apply(user, Chosen{StrCat(std::string(240, 'd'), device), State::kOnline, text},
                      kNow);
    directory.SetProfile(user, {std::string(256, 'n'), std::string(256, 'a')}, true);
  });
  RecordProperty("bytes", static_cast<int>(bytes));
  EXPECT_LE(bytes, static_cast<int64_t>(Directory::kMostBytes));
}

TEST(PresenceMemory, IsNotTakenForWhoWasNeverThere) {
  const int64_t of_the_wheel = 64;
  EXPECT_LE(BytesPerUser([](Directory& directory, const std::string& user) {
              directory.Read(user, [](const Directory::User*, stream::EphemeralPosition) {});
            }),
            of_the_wheel);
}

// A user who flaps all day costs no more than one who does not.
TEST(PresenceMemory, DoesNotGrowWithWhatAUserDoes) {
  const int64_t bytes = BytesPerUser([](Directory& directory, const std::string& user) {
    absl::Time now = kNow;
    for (int i = 0; i < 100; ++i) {
      directory.Apply(user, StreamSeen{StrCat("DEVICE", i)}, now);
      directory.Apply(user, StreamEnded{StrCat("DEVICE", i)}, now);
      directory.Apply(user, Acted{}, now);
    }
  });
  EXPECT_LE(bytes, static_cast<int64_t>(Directory::kMostBytes) / 2);
}

}  // namespace
}  // namespace parley::presence
