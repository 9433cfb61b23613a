#include "common/http/dns.h"

#include <ares.h>
#include <arpa/inet.h>
#include <netdb.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <deque>
#include <thread>

#include <absl/base/thread_annotations.h>
#include <absl/container/flat_hash_map.h>
#include <absl/synchronization/mutex.h>
#include <absl/synchronization/notification.h>

#include "common/base/strings.h"

namespace parley::http {
namespace {

constexpr int kTimeoutMs = 2500;  // of the first try; c-ares doubles it
constexpr int kTries = 2;
constexpr size_t kMaxAnswers = 16;
constexpr int kClassIn = 1;
constexpr int kTypeSrv = 33;

bool SaysNothingThere(int status) {
  return status == ARES_ENOTFOUND || status == ARES_ENODATA || status == ARES_EBADNAME;
}

absl::Status Failed(int status) {
  const std::string text = StrCat("the name could not be resolved: ", ares_strerror(status));
  return SaysNothingThere(status) ? absl::NotFoundError(text) : absl::UnavailableError(text);
}

std::string AddressText(const ares_addrinfo_node& node) {
  char text[INET6_ADDRSTRLEN] = "";
  const void* address =
      node.ai_family == AF_INET
          ? static_cast<const void*>(&reinterpret_cast<sockaddr_in*>(node.ai_addr)->sin_addr)
          : &reinterpret_cast<sockaddr_in6*>(node.ai_addr)->sin6_addr;
  inet_ntop(node.ai_family, address, text, sizeof(text));
  return text;
}

void OnAddresses(void* done, int status, int, ares_addrinfo* info) {
  const std::unique_ptr<Dns::AddressesDone> callback(static_cast<Dns::AddressesDone*>(done));
  if (status != ARES_SUCCESS) return (*callback)(Failed(status));
  std::vector<std::string> addresses;
  for (const ares_addrinfo_node* node = info->nodes; node != nullptr; node = node->ai_next) {
    if (addresses.size() < kMaxAnswers) addresses.push_back(AddressText(*node));
  }
  ares_freeaddrinfo(info);
  if (addresses.empty()) return (*callback)(Failed(ARES_ENODATA));
  (*callback)(std::move(addresses));
}

std::vector<SrvAnswer> ReadSrv(const unsigned char* reply, int size) {
  std::vector<SrvAnswer> answers;
  ares_srv_reply* records = nullptr;
  if (ares_parse_srv_reply(reply, size, &records) != ARES_SUCCESS) return answers;
  for (const ares_srv_reply* record = records; record != nullptr; record = record->next) {
    if (answers.size() == kMaxAnswers) break;
    answers.push_back({record->priority, record->weight, record->port, record->host});
  }
  ares_free_data(records);
  return answers;
}

void OnSrv(void* done, int status, int, unsigned char* reply, int size) {
  const std::unique_ptr<Dns::SrvDone> callback(static_cast<Dns::SrvDone*>(done));
  if (status == ARES_SUCCESS) return (*callback)(ReadSrv(reply, size));
  if (SaysNothingThere(status)) return (*callback)(std::vector<SrvAnswer>());
  (*callback)(Failed(status));
}

}  // namespace

// One thread that owns the c-ares channel and polls its sockets.
class Dns::Impl {
 public:
  using Question = absl::AnyInvocable<void(ares_channel)>;

  Impl() : wake_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)), thread_([this] { Run(); }) {}

  ~Impl() {
    stopping_ = true;
    Wake();
    thread_.join();
    close(wake_);
  }

  void Ask(Question question) {
    {
      absl::MutexLock lock(&mutex_);
      questions_.push_back(std::move(question));
    }
    Wake();
  }

 private:
  void Wake() { eventfd_write(wake_, 1); }

  void Open() {
    ares_library_init(ARES_LIB_INIT_ALL);
    ares_options options{};
    options.flags = ARES_FLAG_NOSEARCH;
    options.timeout = kTimeoutMs;
    options.tries = kTries;
    options.sock_state_cb_data = this;
    options.sock_state_cb = [](void* self, ares_socket_t socket, int readable, int writable) {
      static_cast<Impl*>(self)->Watch(socket, readable != 0, writable != 0);
    };
    ares_init_options(
        &channel_, &options,
        ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB);
  }

  void Watch(ares_socket_t socket, bool readable, bool writable) {
    const int events = (readable ? POLLIN : 0) | (writable ? POLLOUT : 0);
    if (events == 0) {
      sockets_.erase(socket);
    } else {
      sockets_[socket] = static_cast<short>(events);
    }
  }

  void Run() {
    Open();
    while (!stopping_) {
      AskAll();
      Step();
    }
    AskAll();
    ares_destroy(channel_);  // answers what is under way
  }

  void AskAll() {
    std::deque<Question> questions;
    {
      absl::MutexLock lock(&mutex_);
      questions.swap(questions_);
    }
    for (Question& question : questions) question(channel_);
  }

  void Step() {
    std::vector<pollfd> polled{{wake_, POLLIN, 0}};
    for (const auto& [socket, events] : sockets_) polled.push_back({socket, events, 0});
    timeval wait{};
    const timeval* next = ares_timeout(channel_, nullptr, &wait);
    const int wait_ms =
        next == nullptr ? -1 : static_cast<int>(wait.tv_sec * 1000 + wait.tv_usec / 1000 + 1);
    poll(polled.data(), polled.size(), wait_ms);
    eventfd_t ignored;
    eventfd_read(wake_, &ignored);
    for (size_t i = 1; i < polled.size(); ++i) Process(polled[i]);
    ares_process_fd(channel_, ARES_SOCKET_BAD, ARES_SOCKET_BAD);  // what timed out
  }

  void Process(const pollfd& polled) {
    const bool readable = (polled.revents & (POLLIN | POLLERR | POLLHUP)) != 0;
    const bool writable = (polled.revents & POLLOUT) != 0;
    if (!readable && !writable) return;
    ares_process_fd(channel_, readable ? polled.fd : ARES_SOCKET_BAD,
                    writable ? polled.fd : ARES_SOCKET_BAD);
  }

  const int wake_;
  std::atomic<bool> stopping_ = false;
  absl::Mutex mutex_;
  std::deque<Question> questions_ ABSL_GUARDED_BY(mutex_);
  // Of the thread alone.
  ares_channel channel_ = nullptr;
  absl::flat_hash_map<ares_socket_t, short> sockets_;
  std::thread thread_;
};

Dns::Dns() : impl_(std::make_unique<Impl>()) {}
Dns::~Dns() = default;

void Dns::Addresses(std::string host, AddressesDone done) {
  impl_->Ask([host = std::move(host), done = std::move(done)](ares_channel channel) mutable {
    ares_addrinfo_hints hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    auto* kept = new AddressesDone(std::move(done));  // OnAddresses takes it
    ares_getaddrinfo(channel, host.c_str(), nullptr, &hints, OnAddresses, kept);
  });
}

void Dns::Srv(std::string name, SrvDone done) {
  impl_->Ask([name = std::move(name), done = std::move(done)](ares_channel channel) mutable {
    auto* kept = new SrvDone(std::move(done));  // OnSrv takes it
    ares_query(channel, name.c_str(), kClassIn, kTypeSrv, OnSrv, kept);
  });
}

absl::StatusOr<std::vector<SrvAnswer>> Dns::SrvAndWait(std::string name) {
  absl::StatusOr<std::vector<SrvAnswer>> answer = absl::UnknownError("");
  absl::Notification answered;
  Srv(std::move(name), [&](absl::StatusOr<std::vector<SrvAnswer>> got) {
    answer = std::move(got);
    answered.Notify();
  });
  answered.WaitForNotification();
  return answer;
}

}  // namespace parley::http
