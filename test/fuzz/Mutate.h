// Random damage to files, repeatable from a seed: of bytes, and of the fields
// of a protocol buffer message of any type.
#ifndef AOTC_TEST_FUZZ_MUTATE_H
#define AOTC_TEST_FUZZ_MUTATE_H

#include <random>
#include <string>

#include "google/protobuf/message.h"

namespace aotc::fuzz {

using Random = std::mt19937_64;

// Bit flips, interesting bytes, truncation, removed, repeated and overwritten
// ranges, pieces of `other`, lengths that lie.
void mutateBytes(Random &random, std::string &bytes, const std::string &other);

// Changed numbers, enums, names and bytes; removed, repeated and swapped
// elements; fields that are set or cleared.
void mutateMessage(Random &random, google::protobuf::Message &message);

} // namespace aotc::fuzz
#endif
