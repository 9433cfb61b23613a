#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include <absl/status/statusor.h>

#include "common/base/partition.h"
#include "common/stream/position.h"

namespace parley::stream {

// Where a client is: positions by stream and partition, sparse. A missing one means "new to this
// client: send it as initial". The text ("s" and base64url of version, store incarnation and
// positions) is opaque to clients, valid on every gateway and after every restart, and stays under
// 4 kB at 1,024 partitions and 500 rooms. A value; no threads of its own.
class SyncToken {
 public:
  // `incarnation` is that of the store: positions of a restored store mean nothing to a token of
  // the old one.
  explicit SyncToken(uint64_t incarnation = 0) : incarnation_(incarnation) {}

  // M_INVALID_PARAM when `text` is not one of our tokens. Bounded: text above 16 kB is refused
  // unread.
  static absl::StatusOr<SyncToken> Parse(std::string_view text);
  std::string Encode() const;

  uint64_t incarnation() const { return incarnation_; }

  // 0 when missing. Durable positions begin at 1.
  int64_t Position(StreamKind kind, Partition partition) const;
  // Setting 0 removes it.
  void SetPosition(StreamKind kind, Partition partition, int64_t position);

  // Of an ephemeral stream; zeros when missing. Don't mix with the two above for one kind.
  EphemeralPosition Ephemeral(StreamKind kind, Partition partition) const;
  void SetEphemeral(StreamKind kind, Partition partition, EphemeralPosition position);

  friend bool operator==(const SyncToken&, const SyncToken&) = default;

 private:
  // False when the bytes don't hold what Encode writes.
  bool ReadParts(class Unpacker& in);

  uint64_t incarnation_;
  std::map<std::pair<StreamKind, Partition>, int64_t> positions_;
};

}  // namespace parley::stream
