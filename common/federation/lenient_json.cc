#include "common/federation/lenient_json.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include <absl/strings/ascii.h>
#include <absl/strings/numbers.h>

#include "common/base/strings.h"
#include "common/json/value.h"

namespace parley::federation {
namespace {

constexpr size_t kMaxBytes = 16 << 20;
constexpr size_t kMaxValues = 500'000;

// One code point as UTF-8, halves of surrogate pairs included.
void AppendUtf8(std::string& out, uint32_t code) {
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xc0 | code >> 6);
    out += static_cast<char>(0x80 | (code & 0x3f));
  } else if (code < 0x10000) {
    out += static_cast<char>(0xe0 | code >> 12);
    out += static_cast<char>(0x80 | (code >> 6 & 0x3f));
    out += static_cast<char>(0x80 | (code & 0x3f));
  } else {
    out += static_cast<char>(0xf0 | code >> 18);
    out += static_cast<char>(0x80 | (code >> 12 & 0x3f));
    out += static_cast<char>(0x80 | (code >> 6 & 0x3f));
    out += static_cast<char>(0x80 | (code & 0x3f));
  }
}

bool IsWord(std::string_view word) {
  double number = 0;
  return word == "true" || word == "false" || word == "null" ||
         absl::SimpleAtod(Abs(word), &number);
}

struct Node {
  enum class Kind { kScalar, kArray, kObject };
  Kind kind = Kind::kScalar;
  std::string text;  // a scalar's
  // A container's, by their index; sorted and each key once when it is an object.
  std::vector<std::pair<std::string, uint32_t>> children;
};

// A text as its values. Nothing recurses: the text says how deep it nests.
class Tree {
 public:
  bool Read(std::string_view text) {
    text_ = text;
    if (text.size() > kMaxBytes || !Child({})) return false;
    while (!open_.empty()) {
      if (!Step()) return false;
    }
    SkipSpace();
    return at_ == text_.size();
  }

  const Node& root() const { return nodes_.front(); }

  // In canonical JSON.
  std::string Text(const Node& node) const {
    struct Place {
      const Node* node;
      size_t next = 0;
    };
    std::string out;
    std::vector<Place> path;
    const auto enter = [&](const Node& entered) {
      if (entered.kind != Node::Kind::kScalar) path.push_back({&entered});
      out += entered.kind == Node::Kind::kScalar  ? entered.text
             : entered.kind == Node::Kind::kArray ? "["
                                                  : "{";
    };
    enter(node);
    while (!path.empty()) {
      Place& place = path.back();
      const bool is_object = place.node->kind == Node::Kind::kObject;
      if (place.next == place.node->children.size()) {
        out += is_object ? '}' : ']';
        path.pop_back();
        continue;
      }
      if (place.next > 0) out += ',';
      const auto& [key, child] = place.node->children[place.next++];
      if (is_object) {
        json::AppendQuoted(out, key);
        out += ':';
      }
      enter(nodes_[child]);
    }
    return out;
  }

  // The elements of the array that `key` of the root is; none when it has no such key.
  bool Elements(std::string_view key, std::vector<std::string>& elements) const {
    for (const auto& [name, child] : root().children) {
      if (name != key) continue;
      if (nodes_[child].kind != Node::Kind::kArray) return false;
      for (const auto& element : nodes_[child].children) {
        elements.push_back(Text(nodes_[element.second]));
      }
    }
    return true;
  }

 private:
  void SkipSpace() {
    while (at_ < text_.size() &&
           std::string_view(" \t\r\n").find(text_[at_]) != std::string_view::npos)
      ++at_;
  }

  bool Skip(char c) {
    SkipSpace();
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  // In the innermost container that is open: its end, or its next child.
  bool Step() {
    Node& node = nodes_[open_.back()];
    const bool is_object = node.kind == Node::Kind::kObject;
    if (Skip(is_object ? '}' : ']')) {
      if (is_object) Sort(node);
      open_.pop_back();
      return true;
    }
    if (!node.children.empty() && !Skip(',')) return false;
    std::string key;
    if (is_object && !(Skip('"') && String(key) && Skip(':'))) return false;
    return Child(std::move(key));
  }

  // Of equal keys the last one stays.
  static void Sort(Node& node) {
    auto& children = node.children;
    const auto before = [](const auto& a, const auto& b) { return a.first < b.first; };
    const auto equal = [](const auto& a, const auto& b) { return a.first == b.first; };
    std::stable_sort(children.begin(), children.end(), before);
    children.erase(children.begin(), std::unique(children.rbegin(), children.rend(), equal).base());
  }

  bool Child(std::string key) {
    if (nodes_.size() == kMaxValues) return false;
    Node node;
    if (!Begin(node)) return false;
    const auto index = static_cast<uint32_t>(nodes_.size());
    if (!open_.empty()) nodes_[open_.back()].children.emplace_back(std::move(key), index);
    if (node.kind != Node::Kind::kScalar) open_.push_back(index);
    nodes_.push_back(std::move(node));
    return true;
  }

  bool Begin(Node& node) {
    if (Skip('{')) {
      node.kind = Node::Kind::kObject;
    } else if (Skip('[')) {
      node.kind = Node::Kind::kArray;
    } else if (Skip('"')) {
      std::string bytes;
      if (!String(bytes)) return false;
      node.text = json::Quoted(bytes);
    } else {
      node.text = Word();
      return IsWord(node.text);
    }
    return true;
  }

  std::string Word() {
    const size_t begin = at_;
    while (at_ < text_.size() && (absl::ascii_isalnum(text_[at_]) || text_[at_] == '-' ||
                                  text_[at_] == '+' || text_[at_] == '.')) {
      ++at_;
    }
    return std::string(text_.substr(begin, at_ - begin));
  }

  bool String(std::string& out) {
    while (at_ < text_.size()) {
      const char c = text_[at_++];
      if (c == '"') return true;
      if (c != '\\') {
        out += c;
      } else if (!Escape(out)) {
        return false;
      }
    }
    return false;
  }

  bool Escape(std::string& out) {
    constexpr std::string_view kNames = "\"\\/bfnrt", kMeanings = "\"\\/\b\f\n\r\t";
    if (at_ == text_.size()) return false;
    const char name = text_[at_++];
    if (name == 'u') return UnicodeEscape(out);
    const size_t place = kNames.find(name);
    if (place == kNames.npos) return false;
    out += kMeanings[place];
    return true;
  }

  bool UnicodeEscape(std::string& out) {
    uint32_t code = 0, low = 0;
    if (!Hex(code)) return false;
    const size_t before = at_;
    const bool may_pair = code >= 0xd800 && code < 0xdc00 && text_.substr(at_, 2) == "\\u";
    if (may_pair && (at_ += 2, Hex(low)) && low >= 0xdc00 && low < 0xe000) {
      code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    } else {
      at_ = before;
    }
    AppendUtf8(out, code);
    return true;
  }

  bool Hex(uint32_t& code) {
    const std::string_view digits = text_.substr(std::min(at_, text_.size()), 4);
    at_ += digits.size();
    return digits.size() == 4 && absl::SimpleHexAtoi(Abs(digits), &code);
  }

  std::string_view text_;
  size_t at_ = 0;
  std::vector<Node> nodes_;
  std::vector<uint32_t> open_;
};

}  // namespace

std::optional<std::string> LenientCanonical(std::string_view text) {
  Tree tree;
  if (!tree.Read(text)) return std::nullopt;
  return tree.Text(tree.root());
}

std::optional<LenientTransaction> ReadLenientTransaction(std::string_view text) {
  Tree tree;
  LenientTransaction transaction;
  if (!tree.Read(text) || tree.root().kind != Node::Kind::kObject) return std::nullopt;
  if (!tree.Elements("pdus", transaction.pdus)) return std::nullopt;
  if (!tree.Elements("edus", transaction.edus)) return std::nullopt;
  return transaction;
}

}  // namespace parley::federation
