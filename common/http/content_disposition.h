#pragma once

#include <string>
#include <string_view>

// The headers of a file: its type, and its name (RFC 6266, with RFC 8187 for names that are not
// ASCII). Pure.
namespace parley::http {

// True for what may stand in a header as a type: printable ASCII, and some of it.
bool IsPlainType(std::string_view type);

// `inline; filename="a b.txt"`. `file_name` is UTF-8; empty: without one. Control characters become
// '_'.
std::string ContentDisposition(bool is_inline, std::string_view file_name);

// The file's name in such a header, as UTF-8; empty when there is none, or none that can be read.
std::string FileNameOf(std::string_view content_disposition);

}  // namespace parley::http
