#include "services/accounts/device_list_edu.h"

#include <utility>

#include "common/json/splice.h"

namespace parley::accounts {

int64_t DeviceListStreamId(int64_t position) {
  return 2 * position;
}

std::string DeviceListEdu(std::string_view user_id, std::string_view device_id, int64_t position) {
  const int64_t stream_id = DeviceListStreamId(position);
  std::string edu;
  json::Writer out(edu);
  out.BeginObject().Key("content").BeginObject().Key("device_id").String(device_id);
  out.Key("prev_id").BeginArray().Int(stream_id - 1).EndArray();
  out.Key("stream_id").Int(stream_id).Key("user_id").String(user_id).EndObject();
  out.Key("edu_type").String("m.device_list_update").EndObject();
  return edu;
}

std::string SigningKeysEdu(std::string_view user_id, const json::Object& devices) {
  json::Object content{{"user_id", user_id}};
  for (const std::string_view name : {"master_key", "self_signing_key"}) {
    if (const json::Value* key = devices.Find(name)) content.Set(name, *key);
  }
  if (content.size() == 1) return {};
  return json::Serialize(
      json::Object{{"content", std::move(content)}, {"edu_type", "m.signing_key_update"}});
}

}  // namespace parley::accounts
