#pragma once

#include <vector>

#include "common/store/schema.h"

// The tables of accounts, all named accounts_…; the files beside this one read and write them, one file for each
// matter. `p` is the partition of the user.
namespace parley::accounts::tables {

std::vector<store::Migration> Migrations();

}  // namespace parley::accounts::tables
