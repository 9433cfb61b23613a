#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

// JSON as careless or hostile servers write it: numbers that are none, halves of surrogate pairs,
// keys twice. It is read only as far as a signature over it has to be checked and the parts of a
// transaction told from each other, so that what is wrong in one event is that event's trouble
// alone. Nothing works with such text: each part is parsed strictly after that. Pure.
namespace parley::federation {

// `text` with sorted keys and without white space, as its sender has signed it: numbers stay as
// they are written, of equal keys the last one counts. However deep it nests. Nothing when its
// brackets and quotes do not match, it is larger than 16 MiB, or holds more than 500,000 values.
std::optional<std::string> LenientCanonical(std::string_view text);

// The elements of the arrays `pdus` and `edus` of a transaction, each in the form of
// LenientCanonical.
struct LenientTransaction {
  std::vector<std::string> pdus, edus;
};
std::optional<LenientTransaction> ReadLenientTransaction(std::string_view text);

}  // namespace parley::federation
