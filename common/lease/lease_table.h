#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/time/time.h>
#include <absl/types/span.h>

#include "common/lease/decide.h"
#include "common/store/postgres/connection.h"
#include "common/store/schema.h"

namespace parley::lease {

// The tables of leases and of those who hold them.
std::vector<store::Migration> Migrations();

struct Owner {
  Partition unit = 0;
  MemberId member = 0;
  std::string address;  // empty: it does not serve yet
};

// One that takes a share of a service. Its leases last as long as it renews itself.
struct Member {
  MemberId id = 0;
  bool connected = false;  // its connection to the database stands
  bool expired = false;    // it did not renew itself in time
};

// The rows of one database, through one connection of its own. While the connection lasts, so do
// the locks by which others see that this member is there: when the process ends, however it ends,
// the server drops them at once. Threads: one at a time.
//
// Errors: Unavailable when the server can't be reached or the connection broke; make another table
// then.
class LeaseTable {
 public:
  static absl::StatusOr<std::unique_ptr<LeaseTable>> Open(
      const store::postgres::ConnectionOptions& options);

  // Shows `member` to the others as one of `service`, for the life of this connection and as long as
  // Renew is called.
  absl::Status Join(std::string_view service, MemberId member, absl::Duration lifetime);
  // Lets its leases last for `lifetime` from now on.
  absl::Status Renew(std::string_view service, MemberId member, absl::Duration lifetime);
  absl::Status Leave(std::string_view service, MemberId member);
  absl::StatusOr<std::vector<Member>> Members(std::string_view service);
  absl::StatusOr<std::vector<Owner>> Owners(std::string_view service);

  // Takes those of the units that nobody owns, or one of `gone`. Answers which are ours now.
  absl::StatusOr<std::vector<Partition>> Claim(std::string_view service,
                                               absl::Span<const Partition> units, MemberId me,
                                               absl::Span<const MemberId> gone);
  // Our units of the service are served at `address` from now on.
  absl::Status Serve(std::string_view service, MemberId me, const std::string& address);
  absl::Status Release(std::string_view service, MemberId me, absl::Span<const Partition> units);

 private:
  explicit LeaseTable(std::unique_ptr<store::postgres::Connection> connection)
      : connection_(std::move(connection)) {}

  const std::unique_ptr<store::postgres::Connection> connection_;
};

}  // namespace parley::lease
