#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/crypto/base64.h"
#include "common/crypto/json_signature.h"
#include "common/crypto/sign.h"
#include "services/accounts/key_backup.h"
#include "services/accounts/test_service.h"

namespace parley::accounts {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

const char kPasswordAuth[] = R"({"type":"m.login.password","user":"alice","password":"secret"})";

std::string DeviceKeys(const std::string& user, const std::string& device) {
  return R"({"user_id":"@)" + user + R"(:localhost","device_id":")" + device +
         R"(","algorithms":[],"keys":{"curve25519:)" + device + R"(":"abc"},"signatures":{}})";
}

absl::StatusOr<JsonResponse> Upload(TestService& service, const std::string& user, const std::string& device,
                                    const std::string& body) {
  return service->UploadKeys({}, TestService::Request(TestService::As(user, device), body));
}

std::string Query(TestService& service, const std::string& as, const std::string& user) {
  const auto answer = service->QueryKeys(
      {}, TestService::Request(TestService::As(as, "X"), R"({"device_keys":{"@)" + user + R"(:localhost":[]}})"));
  return answer.ok() ? answer->json() : Outcome(answer);
}

std::string Claim(TestService& service, const std::string& user, const std::string& device) {
  const auto answer = service->ClaimKeys(
      {}, TestService::Request(TestService::As("bob", "X"), R"({"one_time_keys":{"@)" + user + R"(:localhost":{")" +
                                                                device + R"(":"signed_curve25519"}}})"));
  return answer.ok() ? answer->json() : Outcome(answer);
}

TEST(DeviceKeys, AreTheDevicesOwn) {
  TestService service;
  service.Register("alice", "PHONE");
  EXPECT_EQ(Outcome(Upload(service, "alice", "PHONE", R"({"device_keys":)" + DeviceKeys("bob", "PHONE") + "}")),
            "400 M_INVALID_PARAM");
  EXPECT_EQ(Outcome(Upload(service, "alice", "PHONE", R"({"device_keys":)" + DeviceKeys("alice", "OTHER") + "}")),
            "400 M_INVALID_PARAM");
  EXPECT_EQ(Outcome(Upload(service, "alice", "PHONE", R"({"device_keys":[1]})")), "400 M_BAD_JSON");
  EXPECT_EQ(Outcome(Upload(service, "alice", "PHONE", R"({"device_keys":)" + DeviceKeys("alice", "PHONE") + "}")),
            "200");
  EXPECT_THAT(Query(service, "bob", "alice"), HasSubstr(R"("curve25519:PHONE":"abc")"));
}

void Join(TestService& service, const std::string& user, const std::string& room) {
  RecordMembershipRequest join;
  join.set_user_id(TestService::Id(user));
  join.mutable_membership()->set_room_id(room);
  join.mutable_membership()->set_membership("join");
  join.mutable_membership()->set_position(1);
  ASSERT_EQ(Outcome(service->RecordMembership({}, join)), "200");
}

TEST(DeviceKeys, TellTheRoomsOfAChangeOnce) {
  TestService service;
  service.Register("alice", "PHONE");
  Join(service, "alice", "!r:localhost");
  service->RunOutbox();
  service.channel_.calls.clear();
  const std::string body = R"({"device_keys":)" + DeviceKeys("alice", "PHONE") + "}";
  EXPECT_EQ(Outcome(Upload(service, "alice", "PHONE", body)), "200");
  service->RunOutbox();
  EXPECT_THAT(service.channel_.calls, ElementsAre("events.RecordDeviceListChange"));
  events::RecordDeviceListChangeRequest told;
  ASSERT_TRUE(told.ParseFromString(service.channel_.requests.back()));
  EXPECT_THAT(told.room_ids(), ElementsAre("!r:localhost"));
  EXPECT_EQ(Outcome(Upload(service, "alice", "PHONE", body)), "200");
  service->RunOutbox();
  EXPECT_EQ(service.channel_.calls.size(), 1u);
}

TEST(OneTimeKeys, AreCountedClaimedOnceAndFallBack) {
  TestService service;
  service.Register("alice", "PHONE");
  const auto uploaded = Upload(service, "alice", "PHONE",
                               R"({"one_time_keys":{"signed_curve25519:A":{"key":"a"},"signed_curve25519:B":{"key":"b"}},
                                   "fallback_keys":{"signed_curve25519:F":{"key":"f","fallback":true}}})");
  ASSERT_EQ(Outcome(uploaded), "200");
  EXPECT_EQ(uploaded->json(), R"({"one_time_key_counts":{"signed_curve25519":2}})");
  EXPECT_THAT(service.Read("alice", "PHONE", 0).unused_fallback_types(), ElementsAre("signed_curve25519"));
  EXPECT_THAT(Claim(service, "alice", "PHONE"), HasSubstr(R"("signed_curve25519:A":{"key":"a"})"));
  service.Restart();
  EXPECT_EQ(service.Read("alice", "PHONE", 0).one_time_keys().at("signed_curve25519"), 1);
  EXPECT_THAT(Claim(service, "alice", "PHONE"), HasSubstr("signed_curve25519:B"));
  EXPECT_THAT(service.Read("alice", "PHONE", 0).unused_fallback_types(), ElementsAre("signed_curve25519"));
  EXPECT_THAT(Claim(service, "alice", "PHONE"), HasSubstr("signed_curve25519:F"));
  EXPECT_THAT(service.Read("alice", "PHONE", 0).unused_fallback_types(), IsEmpty());
  EXPECT_THAT(Claim(service, "alice", "PHONE"), HasSubstr("signed_curve25519:F"));
  EXPECT_THAT(Claim(service, "alice", "NONE"), HasSubstr(R"("one_time_keys":{})"));
}

TEST(OneTimeKeys, DoNotChangeUnderTheirId) {
  TestService service;
  service.Register("alice", "PHONE");
  const auto upload = [&](const std::string& key) {
    return Outcome(Upload(service, "alice", "PHONE", R"({"one_time_keys":{"signed_curve25519:A":{"key":")" + key + R"("}}})"));
  };
  EXPECT_EQ(upload("a"), "200");
  EXPECT_EQ(upload("a"), "200");
  EXPECT_EQ(upload("b"), "400 M_INVALID_PARAM");
}

// A cross-signing key object, signed by `master`.
json::Object SigningKeyOf(const std::string& usage, const crypto::SigningKey& key, const crypto::SigningKey& master) {
  const std::string name = "ed25519:" + key.public_key_base64();
  json::Object object = {{"user_id", "@alice:localhost"},
                         {"usage", json::Array{usage}},
                         {"keys", json::Object{{name, key.public_key_base64()}}}};
  const auto signature = crypto::EncodeBase64(master.Sign(crypto::SignedBytes(object)));
  const std::string by = "ed25519:" + master.public_key_base64();
  object.Set("signatures", json::Object{{"@alice:localhost", json::Object{{by, signature}}}});
  return object;
}

TEST(CrossSigning, WantsThePasswordOnlyForAnotherIdentity) {
  TestService service;
  service.Register("alice", "PHONE");
  testing::SeededRng rng;
  const auto master = crypto::SigningKey::Generate(rng);
  const auto self_signing = crypto::SigningKey::Generate(rng);
  const auto other = crypto::SigningKey::Generate(rng);
  const auto upload = [&](json::Object body) {
    return Outcome(service->UploadSigningKeys(
        {}, TestService::Request(TestService::As("alice", "PHONE"), json::Serialize(body))));
  };
  EXPECT_EQ(upload({{"self_signing_key", SigningKeyOf("self_signing", self_signing, master)}}), "400 M_MISSING_PARAM");
  EXPECT_EQ(upload({{"master_key", SigningKeyOf("master", master, master)},
                    {"self_signing_key", SigningKeyOf("self_signing", self_signing, other)}}),
            "400 M_INVALID_SIGNATURE");
  const json::Object keys = {{"master_key", SigningKeyOf("master", master, master)},
                             {"self_signing_key", SigningKeyOf("self_signing", self_signing, master)}};
  EXPECT_EQ(upload(keys), "200");
  EXPECT_EQ(upload(keys), "200");
  json::Object changed = {{"master_key", SigningKeyOf("master", other, other)}};
  EXPECT_EQ(upload(changed), "401");
  changed.Set("auth", *json::ParseObject(kPasswordAuth));
  EXPECT_EQ(upload(changed), "200");
  EXPECT_THAT(Query(service, "bob", "alice"), HasSubstr(other.public_key_base64()));
}

TEST(CrossSigning, TellsOtherServersOfNewKeysButNotOfTheUserSigningKey) {
  TestService service;
  service.Register("alice", "PHONE");
  Join(service, "alice", "!r:localhost");
  service->RunOutbox();
  service.federation_.edus.clear();
  testing::SeededRng rng;
  const auto master = crypto::SigningKey::Generate(rng);
  const auto user_signing = crypto::SigningKey::Generate(rng);
  const json::Object keys = {{"master_key", SigningKeyOf("master", master, master)},
                             {"user_signing_key", SigningKeyOf("user_signing", user_signing, master)}};
  ASSERT_EQ(Outcome(service->UploadSigningKeys(
                {}, TestService::Request(TestService::As("alice", "PHONE"), json::Serialize(keys)))),
            "200");
  service->RunOutbox();
  std::string told;
  for (const federation::v1::Edu& edu : service.federation_.edus) {
    if (edu.json().find("m.signing_key_update") == std::string::npos) continue;
    told += edu.json();
    EXPECT_TRUE(edu.durable());
    EXPECT_THAT(edu.room_ids(), ElementsAre("!r:localhost"));
  }
  EXPECT_THAT(told, HasSubstr(master.public_key_base64()));
  EXPECT_THAT(told, HasSubstr("\"user_id\":\"@alice:localhost\""));
  EXPECT_THAT(told, Not(HasSubstr(user_signing.public_key_base64())));
}

TEST(Signatures, AreVerifiedAndShownWithTheDevice) {
  TestService service;
  service.Register("alice", "PHONE");
  testing::SeededRng rng;
  const auto master = crypto::SigningKey::Generate(rng);
  const auto self_signing = crypto::SigningKey::Generate(rng);
  const json::Object keys = {{"master_key", SigningKeyOf("master", master, master)},
                             {"self_signing_key", SigningKeyOf("self_signing", self_signing, master)}};
  const auto as_alice = [&](const std::string& body) {
    return TestService::Request(TestService::As("alice", "PHONE"), body);
  };
  ASSERT_EQ(Outcome(service->UploadSigningKeys({}, as_alice(json::Serialize(keys)))), "200");
  ASSERT_EQ(Outcome(Upload(service, "alice", "PHONE", R"({"device_keys":)" + DeviceKeys("alice", "PHONE") + "}")), "200");

  json::Object device = *json::ParseObject(DeviceKeys("alice", "PHONE"));
  const std::string good = crypto::EncodeBase64(self_signing.Sign(crypto::SignedBytes(device)));
  const auto upload = [&](const std::string& signature) {
    device.Set("signatures", json::Object{{"@alice:localhost",
                                           json::Object{{"ed25519:" + self_signing.public_key_base64(), signature}}}});
    const json::Object body = {{"@alice:localhost", json::Object{{"PHONE", device}}}};
    return service->UploadSignatures({}, as_alice(json::Serialize(body)))->json();
  };
  EXPECT_THAT(upload(crypto::EncodeBase64(master.Sign("other"))), HasSubstr("M_INVALID_SIGNATURE"));
  EXPECT_THAT(Query(service, "bob", "alice"), Not(HasSubstr(good)));
  EXPECT_EQ(upload(good), R"({"failures":{}})");
  EXPECT_THAT(Query(service, "bob", "alice"), HasSubstr(good));
}

absl::StatusOr<JsonResponse> SendToDevice(TestService& service, const std::string& txn, const std::string& messages) {
  SendToDeviceRequest request;
  *request.mutable_requester() = TestService::As("bob", "TABLET");
  request.set_type("m.test");
  request.set_txn_id(txn);
  request.set_body(R"({"messages":)" + messages + "}");
  const auto sent = service->SendToDevice({}, request);
  if (!sent.ok()) return sent.status();
  return JsonResponse();
}

TEST(ToDevice, ReachesEachDeviceOnceAndGoesWhenItIsSeen) {
  TestService service;
  service.Register("alice", "PHONE");
  service.Register("bob", "TABLET");
  const std::string all = R"({"@alice:localhost":{"*":{"n":1}},"@nobody:localhost":{"*":{}}})";
  EXPECT_EQ(Outcome(SendToDevice(service, "t1", all)), "200");
  EXPECT_EQ(Outcome(SendToDevice(service, "t1", all)), "200");
  EXPECT_EQ(Outcome(SendToDevice(service, "t2", R"({"@alice:localhost":{"PHONE":{"n":2},"OTHER":{"n":3}}})")), "200");
  const auto read = service.Read("alice", "PHONE", 0);
  EXPECT_THAT(read.to_device(), ElementsAre(R"({"type":"m.test","sender":"@bob:localhost","content":{"n":1}})",
                                            R"({"type":"m.test","sender":"@bob:localhost","content":{"n":2}})"));
  service.Restart();
  EXPECT_EQ(service.Read("alice", "PHONE", 0).to_device_size(), 2);
  EXPECT_EQ(service.Read("alice", "PHONE", 0, read.to_device_until()).to_device_size(), 0);
  EXPECT_EQ(service.Read("alice", "PHONE", 0).to_device_size(), 0);
  EXPECT_EQ(Outcome(SendToDevice(service, "t3", R"({"nobody":{"*":{}}})")), "400 M_INVALID_PARAM");
  EXPECT_EQ(Outcome(SendToDevice(service, "t3", "[]")), "400 M_BAD_JSON");
}

absl::StatusOr<JsonResponse> SendNumber(TestService& service, int number, const std::string& text = "") {
  const json::Object content = {{"n", number}, {"text", text}};
  return SendToDevice(service, "n" + std::to_string(number),
                      R"({"@alice:localhost":{"PHONE":)" + json::Serialize(content) + "}}");
}

// What waits for alice's phone, by its numbers.
std::vector<int64_t> Waiting(TestService& service) {
  std::vector<int64_t> numbers;
  const auto read = service.Read("alice", "PHONE", 0);
  for (const std::string& event : read.to_device()) {
    numbers.push_back(json::IntOr(*json::FindObject(*json::ParseObject(event), "content"), "n", 0));
  }
  return numbers;
}

TEST(ToDevice, KeepsTheNewestOfMoreMessagesThanMayWait) {
  TestService service;
  service.config_.max_inbox_messages = 20;
  service.Restart();
  service.Register("alice", "PHONE");
  for (int number = 1; number <= 21; ++number) EXPECT_EQ(Outcome(SendNumber(service, number)), "200");
  EXPECT_EQ(Waiting(service).front(), 4) << "a tenth goes at once";
  EXPECT_EQ(Waiting(service).back(), 21);
  service.Restart();
  for (int number = 22; number <= 24; ++number) EXPECT_EQ(Outcome(SendNumber(service, number)), "200");
  EXPECT_EQ(Waiting(service).front(), 7) << "what waited before the restart counts";
  EXPECT_EQ(Waiting(service).back(), 24);
}

TEST(ToDevice, KeepsTheNewestOfMoreBytesThanMayWait) {
  TestService service;
  service.config_.max_inbox_bytes = 10'000;
  service.Restart();
  service.Register("alice", "PHONE");
  const std::string text(1'000, 'x');
  for (int number = 1; number <= 30; ++number) EXPECT_EQ(Outcome(SendNumber(service, number, text)), "200");
  EXPECT_LE(Waiting(service).size(), 10u);
  EXPECT_GE(Waiting(service).size(), 7u);
  EXPECT_EQ(Waiting(service).back(), 30);
}

TEST(ToDevice, CountsWhatWaitsAnewWhenSomeOfItWasSeen) {
  TestService service;
  service.config_.max_inbox_messages = 20;
  service.Restart();
  service.Register("alice", "PHONE");
  for (int number = 1; number <= 15; ++number) EXPECT_EQ(Outcome(SendNumber(service, number)), "200");
  ReadSinceRequest some;
  some.set_user_id("@alice:localhost");
  some.set_device_id("PHONE");
  some.set_to_device_limit(10);
  const int64_t seen = service->ReadSince({}, some)->to_device_until();
  EXPECT_EQ(service.Read("alice", "PHONE", 0, seen).to_device_size(), 5);
  for (int number = 16; number <= 30; ++number) EXPECT_EQ(Outcome(SendNumber(service, number)), "200");
  EXPECT_EQ(Waiting(service).size(), 20u);
}

absl::StatusOr<JsonResponse> PutKey(TestService& service, const std::string& version, int index, bool verified) {
  RoomKeysRequest request;
  *request.mutable_requester() = TestService::As("alice", "PHONE");
  request.set_version(version);
  request.set_room_id("!r:localhost");
  request.set_session_id("s");
  request.set_body(json::Serialize(json::Object{{"first_message_index", index},
                                                {"forwarded_count", 0},
                                                {"is_verified", verified},
                                                {"session_data", json::Object{{"index", index}}}}));
  return service->PutRoomKeys({}, request);
}

TEST(KeyBackup, KeepsTheBetterKeyAndWritesToTheLatestVersionOnly) {
  TestService service;
  service.Register("alice", "PHONE");
  const auto create = [&] {
    return service
        ->CreateBackup({}, TestService::Request(TestService::As("alice", "PHONE"), R"({"algorithm":"a","auth_data":{}})"))
        ->json();
  };
  EXPECT_EQ(Outcome(PutKey(service, "1", 5, false)), "404 M_NOT_FOUND");
  EXPECT_EQ(create(), R"({"version":"1"})");
  EXPECT_EQ(PutKey(service, "1", 5, false)->json(), R"({"count":1,"etag":"1"})");
  EXPECT_EQ(PutKey(service, "1", 6, false)->json(), R"({"count":1,"etag":"1"})");
  EXPECT_EQ(PutKey(service, "1", 9, true)->json(), R"({"count":1,"etag":"2"})");
  RoomKeysRequest all;
  *all.mutable_requester() = TestService::As("alice", "PHONE");
  all.set_version("1");
  EXPECT_EQ(service->GetRoomKeys({}, all)->json(),
            R"({"rooms":{"!r:localhost":{"sessions":{"s":{"first_message_index":9,"forwarded_count":0,)"
            R"("is_verified":true,"session_data":{"index":9}}}}}})");
  EXPECT_EQ(create(), R"({"version":"2"})");
  const auto wrong = PutKey(service, "1", 1, true);
  EXPECT_EQ(Outcome(wrong), "403 M_WRONG_ROOM_KEYS_VERSION");
  EXPECT_EQ(FromStatus(wrong.status()).extra_json, R"("current_version":"2")");
  EXPECT_EQ(service->DeleteRoomKeys({}, all)->json(), R"({"count":0,"etag":"3"})");
  BackupRequest backup;
  *backup.mutable_requester() = TestService::As("alice", "PHONE");
  backup.set_version("2");
  EXPECT_EQ(Outcome(service->DeleteBackup({}, backup)), "200");
  EXPECT_EQ(Outcome(service->DeleteBackup({}, backup)), "404 M_NOT_FOUND");
  backup.clear_version();
  EXPECT_THAT(service->GetBackup({}, backup)->json(), HasSubstr(R"("version":"1")"));
}

}  // namespace
}  // namespace parley::accounts
