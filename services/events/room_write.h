#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <absl/status/statusor.h>

#include "common/event/authorise.h"
#include "common/event/event_builder.h"
#include "common/event/pdu.h"
#include "common/json/value.h"
#include "common/rpc/call.h"
#include "services/events/content_checks.h"
#include "services/events/context.h"
#include "services/events/graph/placed.h"
#include "services/events/room.h"

namespace parley::events {

// An event as its sender wants it.
struct Draft {
  UserId sender;
  std::string type;
  std::optional<std::string> state_key;
  json::Object content;
  std::optional<EventId> redacts = {};
  uint32_t flags = 0;  // EventFlags
};

// What a draft became.
struct Added {
  event::PduPtr pdu;
  // The state event in force says the same already, by the same sender: nothing was added, this is that one.
  bool unchanged = false;
};

// An event that another one is about (redacts, relates to).
struct Target {
  int64_t pos = 0;
  event::PduPtr pdu;
  std::string thread_root;
  bool redacted = false;
  uint32_t flags = 0;
  // For certain nothing relates to it yet.
  bool unrelated = false;
  TimelineEventPtr recent;  // null if it is in the store only
};

// The holder of a room's lane: builds events one upon the other, each authorised by the state that the ones before have
// made, and commits all of them at once.
//
//   PARLEY_TRY(auto write, RoomWrite::Open(context, room_id));
//   PARLEY_TRY(Added added, write->Add(draft));
//   PARLEY_TRY(Sent sent, write->Commit(call));
//
// What was added and not committed is forgotten, with the room's memory. Threads: one.
class RoomWrite {
 public:
  // Waits for the lane of an existing room. M_NOT_FOUND if there is none.
  static absl::StatusOr<std::unique_ptr<RoomWrite>> Open(const Context& context, std::string_view room_id);
  // The lane of a room that is being created, with its create event added. AlreadyExists if there is such a room.
  static absl::StatusOr<std::unique_ptr<RoomWrite>> Create(const Context& context,
                                                           const event::VerifiedPdu& create_event);
  ~RoomWrite();
  RoomWrite(const RoomWrite&) = delete;
  RoomWrite& operator=(const RoomWrite&) = delete;

  Room& room() { return *room_; }
  const RoomPtr& room_ptr() const { return room_; }
  // The state event in force, what was added here included; null if there is none.
  absl::StatusOr<event::PduPtr> State(std::string_view type, std::string_view state_key);
  // An event of this room by its id; nothing if there is none.
  absl::StatusOr<std::optional<Target>> Find(std::string_view event_id);

  // Builds, authorises and signs the event. M_FORBIDDEN by the auth rules; M_TOO_LARGE; M_BAD_JSON.
  absl::StatusOr<Added> Add(Draft draft);
  // The same without adding it: what another server is to sign, or the template of an event of its user.
  absl::StatusOr<event::VerifiedPdu> Draw(const Draft& draft);

  // An event of another server whose place was found under this lane (graph/place.h), with nothing pending that it was
  // not placed upon.
  absl::Status AddPlaced(Placed placed);
  std::vector<EventId> Extremities() const;
  // Of what was added here and not committed.
  bool HasPending(const EventId& event_id) const;
  event::PduPtr FindPending(const EventId& event_id, bool* rejected) const;
  // Until all that the room was told before is committed. Only while nothing is pending here.
  void WaitForCommits();

  // The flags (EventFlags) that the state event in force was stored with; 0 if there is none.
  absl::StatusOr<uint32_t> StateFlags(std::string_view type, std::string_view state_key);

  // The event added last becomes the answer for this key, now and later.
  void SetTxn(TxnKey key) { txn_ = std::move(key); }
  // The room enters the directory, or leaves it, with this commit.
  void SetPublished(bool published) { set_published_ = published; }

  // Leaves the lane, waits for the commit, then tells `accounts` of memberships. Returns the event added last.
  // Unavailable when an earlier commit failed: open the room again and try again.
  absl::StatusOr<Sent> Commit(const rpc::Call& call);

 private:
  // One event between Add and Commit.
  struct Pending {
    event::PduPtr pdu;
    uint32_t flags = 0;
    // Another server that gets it without being in the room; empty: none.
    std::string extra_server = {};
    std::optional<StateRow> previous = {};  // what it takes the place of; positions may be provisional
    event::PduPtr previous_pdu = nullptr;
    std::optional<Relation> relation = {};
    std::string thread_root = {};
    std::optional<Target> redacted = {};
    event::PduPtr redacted_pdu = nullptr;
    uint32_t joined_members = 0;
    uint32_t invited_members = 0;
    std::optional<Placed> placed = {};
    // What each of placed->changes takes the place of.
    std::vector<std::optional<StateRow>> placed_previous = {};
    // A redaction whose target is not here.
    bool early = false;

    bool IsHidden() const { return placed && placed->IsHidden(); }
    // Where it is stored, when it comes at `pos`.
    int64_t OwnPosition(int64_t pos) const { return placed && placed->stored_at != 0 ? placed->stored_at : pos; }
    bool IsLive() const { return !placed || (!placed->IsHidden() && !placed->ord); }
  };
  struct Outcome;

  RoomWrite(const Context& context, RoomPtr room);

  using AuthState = std::vector<event::PduPtr>;
  absl::StatusOr<AuthState> AuthStateFor(const std::vector<event::StateTuple>& tuples);
  absl::StatusOr<event::VerifiedPdu> Build(const Draft& draft, const AuthState& auth) const;
  absl::Status CheckAllowed(const event::VerifiedPdu& event, const AuthState& auth);
  absl::Status FindTargets(Pending& pending);
  absl::Status FindRedacted(const EventId& target, Pending& pending);
  void Apply(Pending pending);

  void ApplyPlaced(Pending& pending);

  absl::Status PreparePublished();
  absl::StatusOr<stream::Appended> MakeBatch(int64_t first);
  void AddRows(store::Batch& batch, Pending& pending, int64_t pos, int64_t first, bool is_last);
  void AddEventRow(store::Batch& batch, Pending& pending, int64_t pos, bool is_last);
  void AddStateRows(store::Batch& batch, Pending& pending, int64_t pos, int64_t first);
  void AddPlacedRows(store::Batch& batch, Pending& pending, int64_t pos, int64_t first);
  void AddRelations(store::Batch& batch, const Pending& pending, int64_t pos);
  void AddRedaction(store::Batch& batch, const Pending& pending, int64_t pos);
  void NoteMembership(store::Batch& batch, const event::Pdu& pdu, int64_t pos);
  void WriteExtremities(store::Batch& batch);
  bool HasCallSignal() const;
  static std::optional<json::Object> SignalContentOf(const Pending& pending);
  void AddCallSignal(store::Batch& batch, const Pending& pending, int64_t pos);
  std::string ExtraServerFor(const Pending& pending) const;
  bool IsOurs(const Pending& pending) const;
  void PrepareOutbound();
  void AddServers(store::Batch& batch, int64_t first);
  void AddTxnRow(store::Batch& batch, const Pending& pending, int64_t pos);
  TimelineEventPtr MakeTimelineEvent(const Pending& pending, int64_t pos, bool is_last) const;
  void LeaveLane();
  void DropRoom();

  const Context& context_;
  RoomPtr room_;
  bool in_lane_ = true;
  bool is_new_ = false;
  std::vector<Pending> pending_;
  Sent unchanged_;  // of an Add that added nothing
  std::optional<TxnKey> txn_;
  std::optional<bool> set_published_;
  std::optional<PublishedRow> published_row_;
  std::vector<MembershipChange> changes_;
  std::vector<TimelineEventPtr> built_;
  std::vector<TimelineEventPtr> redactions_;
  std::vector<ServerChange> server_changes_;  // of others
  bool goes_out_ = false;                     // other servers get what is ours of this
};

// The signed create event of a new room, which names the room in v12; dated `later_ms` from now.
absl::StatusOr<event::VerifiedPdu> BuildCreateEvent(const Context& context, const event::RoomVersion& version,
                                                    const UserId& creator, json::Object content,
                                                    int64_t later_ms);

}  // namespace parley::events
