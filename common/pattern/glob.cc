#include "common/pattern/glob.h"

#include <algorithm>

#include "common/pattern/characters.h"

namespace parley::pattern {
namespace {

constexpr size_t kBits = 64;

void SetBit(uint64_t* words, size_t bit) {
  words[bit / kBits] |= uint64_t{1} << (bit % kBits);
}

template <class Words>
bool HasBit(const Words& words, size_t bit) {
  return (words[bit / kBits] >> (bit % kBits)) & 1;
}

bool IsWordByte(char byte) {
  return IsWordCharacter(static_cast<unsigned char>(byte));
}

std::u32string Characters(std::string_view text) {
  std::u32string characters;
  for (size_t position = 0; position < text.size();) {
    characters.push_back(NextCharacter(text, position));
  }
  return characters;
}

}  // namespace

Glob::Glob(std::string_view pattern, CaseMode mode) {
  Compile(pattern, "*?", mode);
}

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
  advance_.assign(words_, 0);
  if (mode_ == CaseMode::kInsensitive) {
    std::transform(characters.begin(), characters.end(), characters.begin(), FoldCase);
  }
  for (const char32_t c : characters) AddRow(c);
  size_t state = 0;
  for (const char32_t c : characters) {
    if (is_wildcard(c, '*')) {
      SetBit(loops_.data(), state);
    } else if (is_wildcard(c, '?')) {
      for (size_t row = 0; row < advance_.size(); row += words_) SetBit(&advance_[row], state);
      ++state;
    } else {
      SetBit(&advance_[RowOf(c) * words_], state);
      ++state;
    }
  }
}

void Glob::AddRow(char32_t character) {
  if (RowOf(character) != 0) return;
  const auto row = static_cast<uint16_t>(advance_.size() / words_);
  advance_.resize(advance_.size() + words_, 0);
  if (character < ascii_rows_.size()) {
    ascii_rows_[character] = row;
    if (mode_ == CaseMode::kInsensitive && character >= 'a' && character <= 'z') {
      ascii_rows_[character - 'a' + 'A'] = row;
    }
    return;
  }
  other_rows_.insert(std::lower_bound(other_rows_.begin(), other_rows_.end(),
                                      std::pair<char32_t, uint16_t>(character, 0)),
                     {character, row});
}

size_t Glob::RowOf(char32_t character) const {
  if (character < ascii_rows_.size()) return ascii_rows_[character];
  const auto it = std::lower_bound(other_rows_.begin(), other_rows_.end(),
                                   std::pair<char32_t, uint16_t>(character, 0));
  return it != other_rows_.end() && it->first == character ? it->second : 0;
}

inline size_t Glob::NextRow(std::string_view text, size_t& position) const {
  const auto byte = static_cast<unsigned char>(text[position]);
  if (byte < ascii_rows_.size()) {
    ++position;
    return ascii_rows_[byte];
  }
  const char32_t character = NextCharacter(text, position);
  return RowOf(mode_ == CaseMode::kInsensitive ? FoldCase(character) : character);
}

inline void Glob::Step(Words& states, size_t row) const {
  const uint64_t* advance = &advance_[row * words_];
  uint64_t carry = 0;
  for (size_t i = 0; i < words_; ++i) {
    const uint64_t moved = states[i] & advance[i];
    states[i] = (moved << 1) | carry | (states[i] & loops_[i]);
    carry = moved >> (kBits - 1);
  }
}

template <bool kWords>
bool Glob::Run(std::string_view text) const {
  Words states(words_, 0);
  SetBit(states.data(), 0);
  bool after_word_character = false;
  for (size_t position = 0; position < text.size();) {
    if constexpr (kWords) {
      const bool is_word_character = IsWordByte(text[position]);
      if (!is_word_character && HasBit(states, length_)) return true;
      if (!after_word_character) SetBit(states.data(), 0);
      after_word_character = is_word_character;
    }
    Step(states, NextRow(text, position));
  }
  return HasBit(states, length_);
}

bool Glob::Matches(std::string_view text) const {
  return Run<false>(text);
}

bool Glob::MatchesWords(std::string_view text) const {
  return Run<true>(text);
}

}  // namespace parley::pattern
