#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <absl/status/statusor.h>

#include "common/base/rng.h"
#include "common/base/server_name.h"

// Where a server is reached. Server-Server API, "Resolving server names". Pure: asks for what it
// needs step by step.
namespace parley::federation {

struct SrvRecord {
  uint16_t priority = 0;
  uint16_t weight = 0;
  uint16_t port = 0;
  std::string target;
};

// A host name or IP literal (without brackets) to connect to.
struct Target {
  std::string host;
  uint16_t port = 0;

  friend bool operator==(const Target&, const Target&) = default;
};

struct Route {
  std::vector<Target> targets;  // in the order in which to try them; never empty
  std::string host_header;
  std::string tls_name;  // whom the certificate must name: a host name or IP literal
};

// One resolution on its way. Ask `step()`, answer it, until it is kDone.
class Resolution {
 public:
  enum class Step {
    kWellKnown,  // GET https://<name>/.well-known/matrix/server
    kSrv,        // the SRV records of <name>
    kDone,
  };

  // InvalidArgument for what is no server name, or one with a port that can't be.
  static absl::StatusOr<Resolution> Begin(std::string_view server_name);

  Step step() const { return step_; }
  // What to ask for, of kWellKnown and kSrv.
  const std::string& name() const { return name_; }

  // Its "m.server"; nothing when there is no answer, or one that is not valid.
  void AnswerWellKnown(const std::optional<std::string>& server);
  // Empty: there are none. `rng` chooses among those of equal priority.
  void AnswerSrv(std::vector<SrvRecord> records, Rng& rng);

  // Of kDone.
  const Route& route() const { return route_; }

 private:
  void Resolve(const ServerName& server, std::string_view text, bool may_delegate);
  void AskSrv(std::string_view service);
  void Finish(std::vector<Target> targets);

  Step step_ = Step::kDone;
  std::string name_;
  std::string host_;  // whose records are looked at
  bool is_old_srv_ = false;
  Route route_;
};

// "m.server" of a well-known document; nothing when it has none that is a server name.
std::optional<std::string> ReadWellKnown(std::string_view body);

}  // namespace parley::federation
