#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <absl/container/inlined_vector.h>

namespace parley::pattern {

enum class CaseMode { kSensitive, kInsensitive };

// A compiled glob: `*` matches any run of characters, `?` exactly one, all else itself; there are
// no escapes and no classes. A character is a code point. Specification: Appendices, "Glob-style
// matching".
//
// The pattern runs as a bit-parallel automaton: a text of n characters takes n steps of
// (pattern length / 64 + 1) machine words. There is no backtracking, so no pattern is slow; callers
// bound the length of patterns. Immutable. Threads: safe from any.
class Glob {
 public:
  explicit Glob(std::string_view pattern, CaseMode mode = CaseMode::kInsensitive);
  // Matches `text` itself: `*` and `?` stand for themselves.
  static Glob Literal(std::string_view text, CaseMode mode = CaseMode::kInsensitive);
  // `*` alone is a wildcard (the types of filters).
  static Glob StarsOnly(std::string_view pattern, CaseMode mode);

  // True if the whole of `text` matches.
  bool Matches(std::string_view text) const;

  // True if a part of `text` matches that begins and ends at a word boundary: an end of the text,
  // or a character outside of [A-Za-z0-9_]. Client-Server API, "Push rules", event_match on
  // content.body.
  bool MatchesWords(std::string_view text) const;

 private:
  using Words = absl::InlinedVector<uint64_t, 4>;

  Glob() = default;
  void Compile(std::string_view pattern, std::string_view wildcards, CaseMode mode);
  void AddRow(char32_t character);
  size_t RowOf(char32_t character) const;
  size_t NextRow(std::string_view text, size_t& position) const;
  void Step(Words& states, size_t row) const;
  template <bool kWords>
  bool Run(std::string_view text) const;

  CaseMode mode_ = CaseMode::kInsensitive;
  // State i of the automaton: the first i characters of the pattern are matched. Each row of
  // `advance_`
  // (`words_` long) belongs to one character of the pattern, the first row to all others: its bit i
  // says that in state i, the character leads to state i + 1. Bit i of `loops_`: a `*` stands in
  // front of the pattern's character i.
  size_t length_ = 0;
  size_t words_ = 1;
  std::vector<uint64_t> advance_;
  Words loops_;
  std::array<uint16_t, 128> ascii_rows_{};                 // both cases, if they don't matter
  std::vector<std::pair<char32_t, uint16_t>> other_rows_;  // sorted; folded, if case doesn't matter
};

}  // namespace parley::pattern
