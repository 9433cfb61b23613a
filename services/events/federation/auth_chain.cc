#include "services/events/federation/auth_chain.h"

#include <utility>

#include "common/event/pdu.h"
#include "common/status/macros.h"
#include "services/events/store.h"

namespace parley::events {
namespace {

using Ids = absl::flat_hash_set<std::string>;

absl::Status AddAuthEvents(const EventRow& row, const event::RoomVersion& version, Ids& seen,
                           std::vector<std::string>& next) {
  PARLEY_TRY(const event::PduPtr pdu,
             event::LoadPdu(row.pdu, EventId::Trusted(row.event_id), version));
  for (const EventId& id : pdu->auth_events) {
    if (seen.insert(id.str()).second) next.push_back(id.str());
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<EventRow>> ReadAuthChain(store::Reader& db, Partition p,
                                                    const event::RoomVersion& version,
                                                    const std::vector<EventRow>& events) {
  Ids seen;
  std::vector<std::string> next;
  for (const EventRow& row : events) {
    PARLEY_RETURN_IF_ERROR(AddAuthEvents(row, version, seen, next));
  }
  std::vector<EventRow> chain;
  while (!next.empty()) {
    const std::string id = std::move(next.back());
    next.pop_back();
    PARLEY_TRY(std::optional<EventRow> row, FindEvent(db, p, id));
    if (!row) continue;
    PARLEY_RETURN_IF_ERROR(AddAuthEvents(*row, version, seen, next));
    chain.push_back(*std::move(row));
  }
  return chain;
}

}  // namespace parley::events
