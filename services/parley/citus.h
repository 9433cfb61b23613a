#pragma once

#include <string>

namespace parley {

// SQL that spreads every table of the cluster over the nodes of a Citus by the partition, which its
// key begins with; rows of one partition stay together, whatever their table. May be run again:
// then it takes what a newer version has added.
std::string CitusStatements();

}  // namespace parley
