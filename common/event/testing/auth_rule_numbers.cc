#include <map>

#include <absl/strings/str_join.h>
#include <absl/strings/str_split.h>

#include "common/event/testing/auth_cases.h"

// Numbers of rules, written down from the specification and apart from the code that counts them.
namespace parley::event::testing {
namespace {

// Names of rules → numbers, as each version's page has them.
struct Numbering {
  int from;
  int to;
  std::map<std::string, std::string> numbers;
};

const std::vector<Numbering>& Numberings() {
  static const auto* table = new std::vector<Numbering>{
      {1, 12, {{"create", "1"}}},
      {1, 11, {{"list", "2"}, {"federate", "3"}}},
      {12, 12, {{"room", "2"}, {"list", "3"}, {"federate", "4"}}},
      {1,
       5,
       {{"aliases", "4"},
        {"member", "5"},
        {"joined", "6"},
        {"3pid", "7"},
        {"level", "8"},
        {"key", "9"},
        {"levels", "10"}}},
      {6,
       11,
       {{"member", "4"},
        {"joined", "5"},
        {"3pid", "6"},
        {"level", "7"},
        {"key", "8"},
        {"levels", "9"},
        {"else", "10"}}},
      {12,
       12,
       {{"member", "5"},
        {"joined", "6"},
        {"3pid", "7"},
        {"level", "8"},
        {"key", "9"},
        {"levels", "10"},
        {"else", "11"}}},
      {1, 2, {{"redaction", "11"}, {"else", "12"}}},
      {3, 5, {{"else", "11"}}},
      {1,
       7,
       {{"join", "2"},
        {"invite", "3"},
        {"leave", "4"},
        {"ban", "5"},
        {"public", "5"},
        {"closed", "6"}}},
      {1, 6, {{"unknown", "6"}}},
      {7, 7, {{"knock", "6"}, {"unknown", "7"}}},
      {8,
       12,
       {{"authoriser", "2"},
        {"join", "3"},
        {"invite", "4"},
        {"leave", "5"},
        {"ban", "6"},
        {"knock", "7"},
        {"unknown", "8"},
        {"restricted", "5"},
        {"public", "6"},
        {"closed", "7"}}},
      {1,
       9,
       {{"users", "1"},
        {"first", "2"},
        {"named", "3"},
        {"before", "4"},
        {"after", "5"},
        {"users_before", "6"},
        {"users_after", "7"},
        {"fine", "8"}}},
      {10,
       11,
       {{"named_syntax", "1"},
        {"entries_syntax", "2"},
        {"users", "3"},
        {"first", "4"},
        {"named", "5"},
        {"before", "6"},
        {"after", "7"},
        {"users_before", "8"},
        {"users_after", "9"},
        {"fine", "10"}}},
      {12,
       12,
       {{"named_syntax", "1"},
        {"entries_syntax", "2"},
        {"users", "3"},
        {"creators", "4"},
        {"first", "5"},
        {"named", "6"},
        {"before", "7"},
        {"after", "8"},
        {"users_before", "9"},
        {"users_after", "10"},
        {"fine", "11"}}},
  };
  return *table;
}

}  // namespace

std::string NumberOf(std::string_view rule, int version) {
  std::vector<std::string> parts = absl::StrSplit(std::string(rule), '.');
  for (std::string& part : parts) {
    for (const Numbering& numbering : Numberings()) {
      const auto it = numbering.numbers.find(part);
      if (version < numbering.from || version > numbering.to || it == numbering.numbers.end())
        continue;
      part = it->second;
      break;
    }
  }
  return absl::StrJoin(parts, ".");
}

const std::vector<Rule>& AllRules() {
  static const auto* rules = new std::vector<Rule>{
      {"create.1", 1, 12, false},
      {"create.2", 1, 12, false},
      {"create.3", 1, 12, false},
      {"create.4", 1, 10, false},
      {"create.5", 1, 10, true},
      {"create.4", 11, 11, true},
      {"create.4", 12, 12, false},
      {"create.5", 12, 12, true},
      {"room", 12, 12, false},
      {"federate", 1, 12, false},
      {"aliases.1", 1, 5, false},
      {"aliases.2", 1, 5, false},
      {"aliases.3", 1, 5, true},
      {"member.1", 1, 12, false},
      {"member.authoriser.1", 8, 12, false},
      {"member.join.1", 1, 12, true},
      {"member.join.2", 1, 12, false},
      {"member.join.3", 1, 12, false},
      {"member.join.4", 1, 12, true},
      {"member.join.restricted.1", 8, 12, true},
      {"member.join.restricted.2", 8, 12, false},
      {"member.join.restricted.3", 8, 12, true},
      {"member.join.public", 1, 12, true},
      {"member.join.closed", 1, 12, false},
      {"member.invite.1.1", 1, 12, false},
      {"member.invite.1.2", 1, 12, false},
      {"member.invite.1.3", 1, 12, false},
      {"member.invite.1.4", 1, 12, false},
      {"member.invite.1.5", 1, 12, false},
      {"member.invite.1.6", 1, 12, false},
      {"member.invite.1.7", 1, 12, true},
      {"member.invite.1.8", 1, 12, false},
      {"member.invite.2", 1, 12, false},
      {"member.invite.3", 1, 12, false},
      {"member.invite.4", 1, 12, true},
      {"member.invite.5", 1, 12, false},
      {"member.leave.1", 1, 12, true},
      {"member.leave.1", 1, 12, false},
      {"member.leave.2", 1, 12, false},
      {"member.leave.3", 1, 12, false},
      {"member.leave.4", 1, 12, true},
      {"member.leave.5", 1, 12, false},
      {"member.ban.1", 1, 12, false},
      {"member.ban.2", 1, 12, true},
      {"member.ban.3", 1, 12, false},
      {"member.knock.1", 7, 12, false},
      {"member.knock.2", 7, 12, false},
      {"member.knock.3", 7, 12, true},
      {"member.knock.4", 7, 12, false},
      {"member.unknown", 1, 12, false},
      {"joined", 1, 12, false},
      {"3pid.1", 1, 12, true},
      {"3pid.1", 1, 12, false},
      {"level", 1, 12, false},
      {"key", 1, 12, false},
      {"levels.named_syntax", 10, 12, false},
      {"levels.entries_syntax", 10, 12, false},
      {"levels.users", 1, 12, false},
      {"levels.creators", 12, 12, false},
      {"levels.first", 1, 12, true},
      {"levels.named.1", 1, 12, false},
      {"levels.named.2", 1, 12, false},
      {"levels.before.1", 1, 12, false},
      {"levels.after.1", 1, 12, false},
      {"levels.users_before.1", 1, 12, false},
      {"levels.users_after.1", 1, 12, false},
      {"levels.fine", 1, 12, true},
      {"redaction.1", 1, 2, true},
      {"redaction.2", 1, 2, true},
      {"redaction.3", 1, 2, false},
      {"else", 1, 12, true},
  };
  return *rules;
}

}  // namespace parley::event::testing
