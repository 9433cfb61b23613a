#include "services/gateway/own_writes.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "common/base/strings.h"

namespace parley::gateway {
namespace {

class Events final : public events::EventsFake {
 public:
  absl::StatusOr<events::SendResponse> Send(const rpc::Call&, const events::SendRequest& request) override {
    if (request.room_id() == "!refused") return absl::UnavailableError("");
    events::SendResponse response;
    response.set_position(7);
    return response;
  }
};

TEST(OwnWrites, NotesWhatWasAcknowledgedAlone) {
  Events events;
  std::vector<std::string> notes;
  OwnWrites own_writes(events, [&](const std::string& room_id, int64_t position) {
    notes.push_back(StrCat(room_id, " ", position));
  });
  events::SendRequest request;
  for (const char* room : {"!refused", "!room"}) {
    request.set_room_id(room);
    own_writes.Send({}, request).status().IgnoreError();
  }
  EXPECT_EQ(notes, std::vector<std::string>{"!room 7"});
}

}  // namespace
}  // namespace parley::gateway
