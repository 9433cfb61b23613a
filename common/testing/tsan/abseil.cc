// Tells ThreadSanitizer what absl::Mutex and its kin order. Debian's Abseil is not built for it, and everything that they
// guard would look like a race. Linked into the tests of the tsan preset, where these definitions come before the library's,
// which they call.
#include <dlfcn.h>
#include <sanitizer/tsan_interface.h>

#include <absl/synchronization/blocking_counter.h>
#include <absl/synchronization/mutex.h>
#include <absl/synchronization/notification.h>
#include <absl/time/time.h>

namespace {

// The library's own function of this mangled name.
template <class Function>
Function* Real(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

// A condition that is judged by whichever thread holds the mutex at the time: until Judge knows of it, code that
// ThreadSanitizer follows must not look at it.
struct Judged {
  absl::Mutex* mutex;
  const absl::Condition* condition;
};

__attribute__((no_sanitize("thread"))) bool Judge(void* waiting) {
  const auto* judged = static_cast<const Judged*>(waiting);
  __tsan_acquire(judged->mutex);
  const bool holds = judged->condition->Eval();
  __tsan_release(judged->mutex);
  return holds;
}

struct AcquireAfter {
  ~AcquireAfter() { __tsan_acquire(mutex); }
  absl::Mutex* mutex;
};

// `real` is a way of the library to wait for `condition`. Whoever judges it must know of it, so it is told of before.
template <class Result, class... Rest>
Result Wait(Result (*real)(absl::Mutex*, const absl::Condition&, Rest...), absl::Mutex* mutex,
            const absl::Condition& condition, Rest... rest) {
  Judged judged{mutex, &condition};
  const absl::Condition judging(&Judge, static_cast<void*>(&judged));
  __tsan_release(mutex);
  const AcquireAfter after{mutex};
  return real(mutex, judging, rest...);
}

// Its search for deadlocks shares memory that nothing here tells of.
const bool searches_no_deadlocks = [] {
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  return true;
}();

}  // namespace

// Some of a Status's references are counted inside the library, unseen.
extern "C" const char* __tsan_default_suppressions() { return "race:absl::debian3::Status::Unref\n"; }

#define PARLEY_REAL(type, name) static const auto real = Real<type>(name)

namespace absl {
ABSL_NAMESPACE_BEGIN

void Mutex::Lock() {
  PARLEY_REAL(void(Mutex*), "_ZN4absl7debian35Mutex4LockEv");
  real(this);
  __tsan_acquire(this);
}

void Mutex::Unlock() {
  PARLEY_REAL(void(Mutex*), "_ZN4absl7debian35Mutex6UnlockEv");
  __tsan_release(this);
  real(this);
}

void Mutex::ReaderLock() {
  PARLEY_REAL(void(Mutex*), "_ZN4absl7debian35Mutex10ReaderLockEv");
  real(this);
  __tsan_acquire(this);
}

void Mutex::ReaderUnlock() {
  PARLEY_REAL(void(Mutex*), "_ZN4absl7debian35Mutex12ReaderUnlockEv");
  __tsan_release(this);
  real(this);
}

void Mutex::LockWhen(const Condition& condition) {
  PARLEY_REAL(void(Mutex*, const Condition&), "_ZN4absl7debian35Mutex8LockWhenERKNS0_9ConditionE");
  Wait(real, this, condition);
}

void Mutex::Await(const Condition& condition) {
  PARLEY_REAL(void(Mutex*, const Condition&), "_ZN4absl7debian35Mutex5AwaitERKNS0_9ConditionE");
  Wait(real, this, condition);
}

bool Mutex::AwaitWithTimeout(const Condition& condition, Duration timeout) {
  PARLEY_REAL(bool(Mutex*, const Condition&, Duration),
              "_ZN4absl7debian35Mutex16AwaitWithTimeoutERKNS0_9ConditionENS0_8DurationE");
  return Wait(real, this, condition, timeout);
}

bool Mutex::AwaitWithDeadline(const Condition& condition, Time deadline) {
  PARLEY_REAL(bool(Mutex*, const Condition&, Time),
              "_ZN4absl7debian35Mutex17AwaitWithDeadlineERKNS0_9ConditionENS0_4TimeE");
  return Wait(real, this, condition, deadline);
}

void Notification::Notify() {
  PARLEY_REAL(void(Notification*), "_ZN4absl7debian312Notification6NotifyEv");
  __tsan_release(this);
  real(this);
}

void Notification::WaitForNotification() const {
  PARLEY_REAL(void(const Notification*), "_ZNK4absl7debian312Notification19WaitForNotificationEv");
  real(this);
  __tsan_acquire(const_cast<Notification*>(this));
}

bool Notification::WaitForNotificationWithTimeout(Duration timeout) const {
  PARLEY_REAL(bool(const Notification*, Duration),
              "_ZNK4absl7debian312Notification30WaitForNotificationWithTimeoutENS0_8DurationE");
  const bool notified = real(this, timeout);
  if (notified) __tsan_acquire(const_cast<Notification*>(this));
  return notified;
}

bool Notification::WaitForNotificationWithDeadline(Time deadline) const {
  PARLEY_REAL(bool(const Notification*, Time),
              "_ZNK4absl7debian312Notification31WaitForNotificationWithDeadlineENS0_4TimeE");
  const bool notified = real(this, deadline);
  if (notified) __tsan_acquire(const_cast<Notification*>(this));
  return notified;
}

bool BlockingCounter::DecrementCount() {
  PARLEY_REAL(bool(BlockingCounter*), "_ZN4absl7debian315BlockingCounter14DecrementCountEv");
  __tsan_release(this);
  return real(this);
}

void BlockingCounter::Wait() {
  PARLEY_REAL(void(BlockingCounter*), "_ZN4absl7debian315BlockingCounter4WaitEv");
  real(this);
  __tsan_acquire(this);
}

ABSL_NAMESPACE_END
}  // namespace absl
