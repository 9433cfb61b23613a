#include "common/pattern/glob.h"

#include <algorithm>

#include "common/pattern/characters.h"

namespace parley::pattern {
namespace {

constexpr size_t kBits = 64;

void SetBit(std::vector<uint64_t>& words, size_t bit) {
  words[bit / kBits] |= uint64_t{1} << (bit % kBits);
}

bool HasBit(const std::vector<uint64_t>& words, size_t bit) {
  return (words[bit / kBits] >> (bit % kBits)) & 1;
}

std::u32string Characters(std::string_view text) {
  std::u32string characters;
  for (size_t position = 0; position < text.size();) {
    characters.push_back(NextCharacter(text, position));
  }
  return characters;
}

}  // namespace

Glob::Glob(std::string_view pattern, CaseMode mode) { Compile(pattern, "*?", mode); }

Glob Glob::Literal(std::string_view text, CaseMode mode) {
  Glob glob;
  glob.Compile(text, "", mode);
  return glob;
}

Glob Glob::StarsOnly(std::string_view pattern, CaseMode mode) {
  Glob glob;
  glob.Compile(pattern, "*", mode);
  return glob;
}

void Glob::Compile(std::string_view pattern, std::string_view wildcards, CaseMode mode) {
  mode_ = mode;
  const auto is_wildcard = [wildcards](char32_t c, char wildcard) {
    return c == static_cast<char32_t>(wildcard) && wildcards.find(wildcard) != wildcards.npos;
  };
  std::u32string characters = Characters(pattern);
  length_ = static_cast<size_t>(std::count_if(characters.begin(), characters.end(),
                                              [&](auto c) { return !is_wildcard(c, '*'); }));
  words_ = length_ / kBits + 1;
  loops_.assign(words_, 0);
  advance_.assign(1, Words(words_, 0));
  if (mode_ == CaseMode::kInsensitive) {
    std::transform(characters.begin(), characters.end(), characters.begin(), FoldCase);
  }
  for (const char32_t c : characters) AddCharacter(c);
  size_t state = 0;
  for (const char32_t c : characters) {
    if (is_wildcard(c, '*')) {
      SetBit(loops_, state);
    } else if (is_wildcard(c, '?')) {
      for (Words& row : advance_) SetBit(row, state);
      ++state;
    } else {
      SetBit(advance_[RowOf(c)], state);
      ++state;
    }
  }
}

void Glob::AddCharacter(char32_t character) {
  if (RowOf(character) != 0) return;
  const auto row = static_cast<uint16_t>(advance_.size());
  advance_.emplace_back(words_, 0);
  if (character < ascii_rows_.size()) {
    ascii_rows_[character] = row;
  } else {
    other_rows_.insert(std::lower_bound(other_rows_.begin(), other_rows_.end(),
                                        std::pair<char32_t, uint16_t>(character, 0)),
                       {character, row});
  }
}

size_t Glob::RowOf(char32_t character) const {
  if (character < ascii_rows_.size()) return ascii_rows_[character];
  const auto it = std::lower_bound(other_rows_.begin(), other_rows_.end(),
                                   std::pair<char32_t, uint16_t>(character, 0));
  return it != other_rows_.end() && it->first == character ? it->second : 0;
}

void Glob::Step(Words& states, char32_t character) const {
  const Words& advance = advance_[RowOf(character)];
  uint64_t carry = 0;
  for (size_t i = 0; i < words_; ++i) {
    const uint64_t moved = states[i] & advance[i];
    states[i] = (moved << 1) | carry | (states[i] & loops_[i]);
    carry = moved >> (kBits - 1);
  }
}

bool Glob::IsAccepting(const Words& states) const { return HasBit(states, length_); }

template <bool kWords>
bool Glob::Run(std::string_view text) const {
  Words states(words_, 0);
  SetBit(states, 0);
  bool after_word_character = false;
  for (size_t position = 0; position < text.size();) {
    const char32_t character = NextCharacter(text, position);
    if constexpr (kWords) {
      const bool is_word_character = IsWordCharacter(character);
      if (!is_word_character && IsAccepting(states)) return true;
      if (!after_word_character) SetBit(states, 0);
      after_word_character = is_word_character;
    }
    Step(states, mode_ == CaseMode::kInsensitive ? FoldCase(character) : character);
  }
  return IsAccepting(states);
}

bool Glob::Matches(std::string_view text) const { return Run<false>(text); }

bool Glob::MatchesWords(std::string_view text) const { return Run<true>(text); }

}  // namespace parley::pattern
