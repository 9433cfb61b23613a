#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

// Who may see a user's presence, besides the user.
namespace parley::presence {

// Each narrower than the one before.
enum class Visibility {
  kRooms,   // who shares a room
  kDirect,  // of those, whom the user's m.direct names
  kOff,     // nobody
};

std::string_view NameOf(Visibility visibility);
std::optional<Visibility> VisibilityOf(std::string_view name);

// What one user has set. A value.
struct Audience {
  // Account data `dev.parley.presence`.
  Visibility visibility = Visibility::kRooms;
  // The keys of m.direct, ordered; at most kMaxDirect.
  std::vector<std::string> direct;

  // `server`: what the server allows at most. That the viewer shares a room is for the caller.
  bool Includes(std::string_view viewer, Visibility server) const;
  bool IsDefault() const { return visibility == Visibility::kRooms && direct.empty(); }
};

inline constexpr size_t kMaxDirect = 1000;

}  // namespace parley::presence
