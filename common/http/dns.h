#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <absl/functional/any_invocable.h>
#include <absl/status/statusor.h>
#include <absl/time/time.h>

// Names to addresses and SRV records, without a blocked thread for each question. No c-ares in this
// header.
namespace parley::http {

struct SrvAnswer {
  uint16_t priority = 0;
  uint16_t weight = 0;
  uint16_t port = 0;
  std::string target;
};

// Follows /etc/hosts and /etc/resolv.conf, without search domains. Nothing is kept.
//
// Threads: any. Lifetime: the destructor ends what is under way, with Unavailable.
class Dns {
 public:
  // Run on the resolver's thread, once: quick, and must not destroy this.
  using AddressesDone = absl::AnyInvocable<void(absl::StatusOr<std::vector<std::string>>)>;
  using SrvDone = absl::AnyInvocable<void(absl::StatusOr<std::vector<SrvAnswer>>)>;

  Dns();
  ~Dns();

  // The addresses of `host` (at most 16), the best first. NotFound when there is no such name or it
  // has none; Unavailable when nobody answered.
  void Addresses(std::string host, AddressesDone done);
  // No records is an empty answer, as is a name that does not exist.
  void Srv(std::string name, SrvDone done);
  // The same, blocking.
  absl::StatusOr<std::vector<SrvAnswer>> SrvAndWait(std::string name);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace parley::http
