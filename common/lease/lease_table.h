#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <absl/status/status.h>
#include <absl/status/statusor.h>
#include <absl/time/time.h>

#include "common/lease/decide.h"
#include "common/store/postgres/connection.h"
#include "common/store/schema.h"

namespace parley::lease {

// The table of leases.
std::vector<store::Migration> Migrations();

struct Owner {
  Partition unit = 0;
  MemberId member = 0;
  std::string address;  // empty: it does not serve yet
  bool expired = false;
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

  // Shows `member` to the others as one of `service`.
  absl::Status Join(std::string_view service, MemberId member);
  absl::StatusOr<std::vector<MemberId>> Members(std::string_view service);
  absl::StatusOr<std::vector<Owner>> Owners(std::string_view service);

  // Takes the unit if nobody owns it, its lease ended, or its owner is still `seen`. True if it is
  // ours now.
  absl::StatusOr<bool> Claim(std::string_view service, Partition unit, MemberId me, MemberId seen,
                             absl::Duration lifetime);
  // The units that are still ours, with a new end and this address.
  absl::StatusOr<std::vector<Partition>> Renew(std::string_view service, MemberId me,
                                               const std::string& address, absl::Duration lifetime);
  absl::Status Release(std::string_view service, MemberId me, Partition unit);

 private:
  explicit LeaseTable(std::unique_ptr<store::postgres::Connection> connection)
      : connection_(std::move(connection)) {}

  const std::unique_ptr<store::postgres::Connection> connection_;
};

}  // namespace parley::lease
