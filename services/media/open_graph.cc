#include "services/media/open_graph.h"

#include <algorithm>
#include <map>
#include <optional>

#include <absl/strings/ascii.h>
#include <absl/strings/numbers.h>
#include <absl/strings/strip.h>

#include "common/base/strings.h"
#include "common/base/utf8.h"

namespace parley::media {
namespace {

constexpr size_t kMaxProperties = 50;
constexpr size_t kMaxNameBytes = 64;
constexpr size_t kMaxValueBytes = 2048;
constexpr uint32_t kMaxCodePoint = 0x10ffff;

void AppendUtf8(uint32_t c, std::string& out) {
  if (c < 0x80) {
    out.push_back(static_cast<char>(c));
    return;
  }
  const int more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
  out.push_back(static_cast<char>((0xff << (7 - more) & 0xff) | c >> 6 * more));
  for (int i = more - 1; i >= 0; --i) out.push_back(static_cast<char>(0x80 | (c >> 6 * i & 0x3f)));
}

// "#39" or "amp"; nothing for what is no reference that we know.
std::optional<uint32_t> CodePointOf(std::string_view reference) {
  static const auto& named = *new std::map<std::string_view, uint32_t>{
      {"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'}, {"apos", '\''}, {"nbsp", 0xa0}};
  if (const auto found = named.find(reference); found != named.end()) return found->second;
  if (!reference.starts_with('#')) return std::nullopt;
  reference.remove_prefix(1);
  const bool is_hex = reference.starts_with('x') || reference.starts_with('X');
  if (is_hex) reference.remove_prefix(1);
  uint32_t c = 0;
  const bool is_number =
      is_hex ? absl::SimpleHexAtoi(Abs(reference), &c) : absl::SimpleAtoi(Abs(reference), &c);
  const bool is_good = is_number && c > 0 && c <= kMaxCodePoint && (c < 0xd800 || c > 0xdfff);
  return is_good ? std::optional(c) : std::nullopt;
}

std::string Unescaped(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    const size_t end = text[i] == '&' ? text.substr(0, i + 12).find(';', i) : text.npos;
    const auto c = end == text.npos ? std::nullopt : CodePointOf(text.substr(i + 1, end - i - 1));
    if (!c) {
      out.push_back(text[i]);
      continue;
    }
    AppendUtf8(*c, out);
    i = end;
  }
  return out;
}

// Without references, space around it, and more than the bound; empty when it is not UTF-8.
std::string TextOf(std::string_view raw) {
  std::string text = Unescaped(Std(absl::StripAsciiWhitespace(Abs(raw))));
  if (text.size() > kMaxValueBytes) {
    size_t end = kMaxValueBytes;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
    text.resize(end);
  }
  return IsValidUtf8(text) ? text : "";
}

using Attributes = std::map<std::string, std::string, std::less<>>;

void SkipSpace(std::string_view& text) {
  text = Std(absl::StripLeadingAsciiWhitespace(Abs(text)));
}

std::string_view TakeUntil(std::string_view& text, std::string_view ends) {
  const std::string_view taken = text.substr(0, text.find_first_of(ends));
  text.remove_prefix(taken.size());
  return taken;
}

std::string_view TakeAttributeValue(std::string_view& text) {
  if (!text.starts_with('"') && !text.starts_with('\'')) return TakeUntil(text, " \t\r\n>");
  const char quote = text.front();
  text.remove_prefix(1);
  const std::string_view value = TakeUntil(text, std::string_view(&quote, 1));
  if (!text.empty()) text.remove_prefix(1);
  return value;
}

// Takes the attributes of a tag off `text`, with the '>'.
Attributes TakeAttributes(std::string_view& text) {
  Attributes attributes;
  while (true) {
    SkipSpace(text);
    if (text.empty()) return attributes;
    if (text.starts_with('>') || text.starts_with('/')) {
      const bool is_end = text.front() == '>';
      text.remove_prefix(1);
      if (is_end) return attributes;
      continue;
    }
    const std::string name = absl::AsciiStrToLower(Abs(TakeUntil(text, "= \t\r\n>/")));
    SkipSpace(text);
    if (text.starts_with('=')) {
      text.remove_prefix(1);
      SkipSpace(text);
      attributes.emplace(name, TakeAttributeValue(text));
    } else if (name.empty()) {
      return attributes;
    }
  }
}

struct Page {
  json::Object properties;
  std::string title, description;
};

void TakeMeta(const Attributes& attributes, Page& page) {
  const auto content = attributes.find("content");
  if (content == attributes.end()) return;
  const auto property = attributes.find("property");
  const auto named = property != attributes.end() ? property : attributes.find("name");
  if (named == attributes.end()) return;
  const std::string name = absl::AsciiStrToLower(named->second);
  if (name == "description" && page.description.empty()) page.description = TextOf(content->second);
  const bool is_property = name.starts_with("og:") && name.size() <= kMaxNameBytes &&
                           IsValidUtf8(name) && page.properties.Find(name) == nullptr &&
                           page.properties.size() < kMaxProperties;
  if (!is_property) return;
  if (std::string text = TextOf(content->second); !text.empty()) page.properties.Set(name, text);
}

// Takes one tag, and what belongs to it, off the text behind its '<'.
void TakeTag(std::string_view& html, Page& page) {
  if (html.starts_with("!--")) {
    const size_t end = html.find("-->");
    html.remove_prefix(end == html.npos ? html.size() : end + 3);
    return;
  }
  const std::string name = absl::AsciiStrToLower(Abs(TakeUntil(html, "> \t\r\n/")));
  if (name.empty()) {  // a closing tag
    TakeUntil(html, ">");
    return;
  }
  const Attributes attributes = TakeAttributes(html);
  if (name == "meta") TakeMeta(attributes, page);
  if (name == "title" && page.title.empty()) page.title = TextOf(TakeUntil(html, "<"));
  if (name != "script" && name != "style") return;
  const std::string end = StrCat("</", name);  // inside, '<' begins nothing
  const size_t at = html.find(end);
  html.remove_prefix(at == html.npos ? html.size() : at);
}

}  // namespace

json::Object ParseOpenGraph(std::string_view html) {
  Page page;
  while (!html.empty()) {
    TakeUntil(html, "<");
    if (html.empty()) break;
    html.remove_prefix(1);
    TakeTag(html, page);
  }
  json::Object& found = page.properties;
  if (found.Find("og:title") == nullptr && !page.title.empty()) found.Set("og:title", page.title);
  if (found.Find("og:description") == nullptr && !page.description.empty())
    found.Set("og:description", page.description);
  return found;
}

}  // namespace parley::media
