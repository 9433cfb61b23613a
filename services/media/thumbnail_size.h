#pragma once

#include "services/media/store.h"

namespace parley::media {

// The size in which a thumbnail is made that somebody asks for: the smallest standard one that is
// not smaller (client-server API, "Thumbnails"), so that few are made of a file. `any_size`: as
// asked for, at most the largest standard one. Pure.
ThumbnailKey SizeToMake(const ThumbnailKey& asked, bool any_size);

}  // namespace parley::media
