#include "common/stream/token.h"

#include <optional>
#include <vector>

#include <absl/strings/escaping.h>

#include "common/base/strings.h"
#include "common/status/macros.h"
#include "common/status/matrix_error.h"
#include "common/stream/packing.h"

// The bytes: version; incarnation (8, low first); then for each kind of stream, ascending: kind
// (with kSamePartitions), the partitions unless they are those of the kind before (how many, the
// first, the distance of each from the one before), their positions packed.
namespace parley::stream {
namespace {

constexpr char kVersion = 1;
constexpr char kMark = 's';
constexpr size_t kMaxText = 16 << 10;
constexpr uint8_t kSamePartitions = 0x80;
constexpr uint64_t kMaxPartition = 1 << 16;

struct Part {
  std::vector<uint64_t> partitions;
  std::vector<uint64_t> positions;
};

void AppendPartitions(const std::vector<uint64_t>& partitions, std::string& out) {
  AppendVarint(partitions.size(), out);
  uint64_t previous = 0;
  for (const uint64_t partition : partitions) {
    AppendVarint(partition - previous, out);
    previous = partition;
  }
}

std::optional<std::vector<uint64_t>> ReadPartitions(Unpacker& in) {
  const auto count = in.Varint();
  if (!count || *count > kMaxPartition) return std::nullopt;
  std::vector<uint64_t> partitions;
  uint64_t partition = 0;
  for (uint64_t i = 0; i < *count; ++i) {
    const auto distance = in.Varint();
    if (!distance || *distance > kMaxPartition || (i > 0 && *distance == 0)) return std::nullopt;
    partition += *distance;
    if (partition >= kMaxPartition) return std::nullopt;
    partitions.push_back(partition);
  }
  return partitions;
}

absl::Status Malformed() {
  return InvalidParam("This is not a sync token of this server");
}

}  // namespace

int64_t SyncToken::Position(StreamKind kind, Partition partition) const {
  const auto found = positions_.find({kind, partition});
  return found == positions_.end() ? 0 : found->second;
}

void SyncToken::SetPosition(StreamKind kind, Partition partition, int64_t position) {
  if (position > 0) {
    positions_[{kind, partition}] = position;
  } else {
    positions_.erase({kind, partition});
  }
}

EphemeralPosition SyncToken::Ephemeral(StreamKind kind, Partition partition) const {
  return EphemeralPosition::Unpack(Position(kind, partition));
}

void SyncToken::SetEphemeral(StreamKind kind, Partition partition, EphemeralPosition position) {
  SetPosition(kind, partition, position.Packed());
}

std::string SyncToken::Encode() const {
  std::map<StreamKind, Part> parts;
  for (const auto& [stream, position] : positions_) {
    parts[stream.first].partitions.push_back(stream.second);
    parts[stream.first].positions.push_back(static_cast<uint64_t>(position));
  }
  std::string out(1, kVersion);
  for (int i = 0; i < 8; ++i) out.push_back(static_cast<char>(incarnation_ >> 8 * i));
  std::vector<uint64_t> previous;
  for (const auto& [kind, part] : parts) {
    const bool same = part.partitions == previous;
    out.push_back(static_cast<char>(static_cast<uint8_t>(kind) | (same ? kSamePartitions : 0)));
    if (!same) AppendPartitions(part.partitions, out);
    AppendPacked(part.positions, out);
    previous = part.partitions;
  }
  return StrCat(std::string(1, kMark), absl::WebSafeBase64Escape(Abs(out)));
}

absl::StatusOr<SyncToken> SyncToken::Parse(std::string_view text) {
  std::string bytes;
  if (text.empty() || text.front() != kMark || text.size() > kMaxText) return Malformed();
  if (!absl::WebSafeBase64Unescape(Abs(text.substr(1)), &bytes)) return Malformed();
  Unpacker in(bytes);
  if (in.Byte() != kVersion) return Malformed();
  SyncToken token;
  for (int i = 0; i < 8; ++i) {
    const auto byte = in.Byte();
    if (!byte) return Malformed();
    token.incarnation_ |= uint64_t{*byte} << 8 * i;
  }
  if (!token.ReadParts(in)) return Malformed();
  return token;
}

bool SyncToken::ReadParts(Unpacker& in) {
  std::vector<uint64_t> partitions;
  int last_kind = 0;
  while (!in.empty()) {
    const uint8_t mark = *in.Byte();
    const int kind = mark & ~kSamePartitions;
    if (kind <= last_kind || kind >= kStreamKinds) return false;
    last_kind = kind;
    if (!(mark & kSamePartitions)) {
      auto read = ReadPartitions(in);
      if (!read) return false;
      partitions = *std::move(read);
    }
    const auto positions = in.Packed(partitions.size());
    if (!positions) return false;
    for (size_t i = 0; i < partitions.size(); ++i) {
      const auto position = static_cast<int64_t>((*positions)[i]);
      if (position <= 0) return false;
      positions_[{static_cast<StreamKind>(kind), static_cast<Partition>(partitions[i])}] = position;
    }
  }
  return true;
}

}  // namespace parley::stream
