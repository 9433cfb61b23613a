#include <benchmark/benchmark.h>

#include "common/event/authorise.h"
#include "common/event/client_format.h"
#include "common/event/event_builder.h"
#include "common/event/testing/test_room.h"

namespace parley::event {
namespace {

using testing::TestKey;
using testing::TestKeys;
using testing::TestRoom;

constexpr std::string_view kMessage =
    R"({"msgtype":"m.text","body":"A message of the usual length, which says little and is soon forgotten."})";

TestRoom& Room() {
  static TestRoom* room = [] {
    auto* made = new TestRoom(DefaultRoomVersion(), "@alice:a.test");
    made->Add("@alice:a.test", "m.room.power_levels", "", R"({"users":{"@bob:b.test":50}})");
    made->Add("@alice:a.test", "m.room.join_rules", "", R"({"join_rule":"public"})");
    return made;
  }();
  return *room;
}

EventFields Message() {
  return Room().Fields("@alice:a.test", "m.room.message", std::nullopt, kMessage);
}

void BM_BuildAndSign(benchmark::State& state) {
  const EventBuilder builder(Room().version(), "a.test", TestKey());
  EventFields fields = Message();
  for (auto _ : state) benchmark::DoNotOptimize(builder.Build(fields));
}
BENCHMARK(BM_BuildAndSign);

void BM_SelectBuildAuthorise(benchmark::State& state) {
  const EventBuilder builder(Room().version(), "a.test", TestKey());
  for (auto _ : state) {
    const auto built = builder.Build(Message());
    benchmark::DoNotOptimize(Authorise(*built, Room()));
  }
}
BENCHMARK(BM_SelectBuildAuthorise);

void BM_SignAlone(benchmark::State& state) {
  const std::string text(700, 'x');
  for (auto _ : state) benchmark::DoNotOptimize(TestKey().Sign(text));
}
BENCHMARK(BM_SignAlone);

void BM_AuthRules(benchmark::State& state) {
  const PduPtr event = Room().Build(Message());
  for (auto _ : state) benchmark::DoNotOptimize(CheckAuthRules(*event, Room()));
}
BENCHMARK(BM_AuthRules);

void BM_ParsePdu(benchmark::State& state) {
  const PduPtr event = Room().Build(Message());
  for (auto _ : state) benchmark::DoNotOptimize(ParsePdu(event->bytes, Room().version()));
}
BENCHMARK(BM_ParsePdu);

void BM_VerifyPdu(benchmark::State& state) {
  const PduPtr event = Room().Build(Message());
  const auto received = ParsePdu(event->bytes, Room().version());
  for (auto _ : state) benchmark::DoNotOptimize(VerifyPdu(*received, TestKeys));
}
BENCHMARK(BM_VerifyPdu);

void BM_LoadPdu(benchmark::State& state) {
  const PduPtr event = Room().Build(Message());
  for (auto _ : state) {
    benchmark::DoNotOptimize(LoadPdu(event->bytes, event->event_id, Room().version()));
  }
}
BENCHMARK(BM_LoadPdu);

void BM_ClientEvent(benchmark::State& state) {
  const PduPtr event = Room().Build(Message());
  UnsignedFields extra;
  extra.age_ms = 1234;
  std::string out;
  for (auto _ : state) {
    out.clear();
    AppendClientEvent(out, StoredEvent::Of(*event), extra, ClientShape::kWithoutRoomId);
    benchmark::DoNotOptimize(out.data());
  }
}
BENCHMARK(BM_ClientEvent);

}  // namespace
}  // namespace parley::event
