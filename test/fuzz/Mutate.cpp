#include "test/fuzz/Mutate.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <vector>

namespace aotc::fuzz {
namespace {

namespace pb = google::protobuf;

size_t below(Random &random, size_t bound) { return bound ? random() % bound : 0; }
bool chance(Random &random, int percent) { return below(random, 100) < static_cast<size_t>(percent); }

// Numbers at which size arithmetic and casts break.
int64_t interestingNumber(Random &random, int64_t old) {
  static const int64_t kNumbers[] = {0,
                                     -1,
                                     1,
                                     2,
                                     3,
                                     -2,
                                     127,
                                     128,
                                     255,
                                     1 << 16,
                                     std::numeric_limits<int32_t>::max(),
                                     std::numeric_limits<int32_t>::min(),
                                     int64_t(1) << 32,
                                     int64_t(1) << 62,
                                     std::numeric_limits<int64_t>::max(),
                                     std::numeric_limits<int64_t>::min()};
  uint64_t bits = static_cast<uint64_t>(old);
  switch (below(random, 4)) {
  case 0: return static_cast<int64_t>(bits + 1);
  case 1: return static_cast<int64_t>(bits - 1);
  case 2: return static_cast<int64_t>(bits ^ (uint64_t(1) << below(random, 64)));
  default: return kNumbers[below(random, std::size(kNumbers))];
  }
}

double interestingReal(Random &random) {
  static const double kReals[] = {0,
                                  -0.0,
                                  1,
                                  -1,
                                  1e-45,
                                  1e38,
                                  1e300,
                                  std::numeric_limits<double>::infinity(),
                                  std::numeric_limits<double>::quiet_NaN()};
  return kReals[below(random, std::size(kReals))];
}

// All strings of a message, to put one node's name where another's was.
void collectStrings(const pb::Message &message, std::vector<std::string> &strings) {
  std::vector<const pb::FieldDescriptor *> fields;
  const pb::Reflection &reflection = *message.GetReflection();
  reflection.ListFields(message, &fields);
  constexpr size_t kEnough = 5000, kLong = 200;
  for (const pb::FieldDescriptor *field : fields) {
    int count = field->is_repeated() ? reflection.FieldSize(message, field) : 1;
    for (int i = 0; i < count && strings.size() < kEnough; ++i) {
      if (field->cpp_type() == pb::FieldDescriptor::CPPTYPE_MESSAGE) {
        collectStrings(field->is_repeated() ? reflection.GetRepeatedMessage(message, field, i)
                                            : reflection.GetMessage(message, field),
                       strings);
      } else if (field->cpp_type() == pb::FieldDescriptor::CPPTYPE_STRING) {
        std::string text = field->is_repeated() ? reflection.GetRepeatedString(message, field, i)
                                                : reflection.GetString(message, field);
        if (text.size() < kLong)
          strings.push_back(std::move(text));
      }
    }
  }
}

class MessageMutator {
public:
  MessageMutator(Random &random, const pb::Message &root) : random(random) { collectStrings(root, strings); }

  // Walks down to some field and changes it.
  void mutate(pb::Message &message) {
    const pb::Reflection &reflection = *message.GetReflection();
    const pb::FieldDescriptor *field = pickField(message);
    if (!field)
      return;
    if (field->is_repeated()) {
      int size = reflection.FieldSize(message, field);
      if (size == 0 || chance(random, 15))
        return mutateList(message, field);
      int index = static_cast<int>(below(random, size));
      if (field->cpp_type() == pb::FieldDescriptor::CPPTYPE_MESSAGE)
        return descend(*reflection.MutableRepeatedMessage(&message, field, index));
      return setElement(message, field, index);
    }
    if (reflection.HasField(message, field) && chance(random, 7))
      return reflection.ClearField(&message, field);
    if (field->cpp_type() == pb::FieldDescriptor::CPPTYPE_MESSAGE)
      return descend(*reflection.MutableMessage(&message, field));
    setValue(message, field);
  }

private:
  void descend(pb::Message &message) {
    if (message.GetDescriptor()->field_count() > 0)
      mutate(message);
  }

  // Mostly of what is set, sometimes what is not; messages more often than
  // names, most of whose changes only cut a graph apart.
  const pb::FieldDescriptor *pickField(const pb::Message &message) {
    std::vector<const pb::FieldDescriptor *> fields;
    message.GetReflection()->ListFields(message, &fields);
    const pb::Descriptor &type = *message.GetDescriptor();
    if (type.field_count() == 0)
      return nullptr;
    if (fields.empty() || chance(random, 10))
      return type.field(static_cast<int>(below(random, type.field_count())));
    const pb::FieldDescriptor *field = fields[below(random, fields.size())];
    if (field->cpp_type() == pb::FieldDescriptor::CPPTYPE_STRING)
      field = fields[below(random, fields.size())];
    return field;
  }

  void mutateList(pb::Message &message, const pb::FieldDescriptor *field) {
    const pb::Reflection &reflection = *message.GetReflection();
    int size = reflection.FieldSize(message, field);
    bool isMessage = field->cpp_type() == pb::FieldDescriptor::CPPTYPE_MESSAGE;
    int index = static_cast<int>(below(random, size));
    switch (size == 0 ? 0 : below(random, 4)) {
    case 0: // another one
      if (isMessage) {
        std::unique_ptr<pb::Message> copy;
        if (size > 0) {
          const pb::Message &source = reflection.GetRepeatedMessage(message, field, index);
          copy.reset(source.New());
          copy->CopyFrom(source);
        }
        pb::Message *added = reflection.AddMessage(&message, field);
        if (copy)
          added->CopyFrom(*copy);
      } else {
        addElement(message, field);
      }
      return;
    case 1: // one less
      reflection.SwapElements(&message, field, index, size - 1);
      return reflection.RemoveLast(&message, field);
    case 2: return reflection.SwapElements(&message, field, index, static_cast<int>(below(random, size)));
    default: return reflection.ClearField(&message, field);
    }
  }

  std::string text(std::string old) {
    switch (below(random, 4)) {
    case 0: mutateBytes(random, old, ""); return old;
    case 1: return "";
    case 2: return old + old;
    default: return strings.empty() ? "x" : strings[below(random, strings.size())];
    }
  }

  void setValue(pb::Message &m, const pb::FieldDescriptor *f) {
    const pb::Reflection &r = *m.GetReflection();
    using F = pb::FieldDescriptor;
    switch (f->cpp_type()) {
    case F::CPPTYPE_INT32: return r.SetInt32(&m, f, static_cast<int32_t>(number(r.GetInt32(m, f))));
    case F::CPPTYPE_INT64: return r.SetInt64(&m, f, number(r.GetInt64(m, f)));
    case F::CPPTYPE_UINT32: return r.SetUInt32(&m, f, static_cast<uint32_t>(number(r.GetUInt32(m, f))));
    case F::CPPTYPE_UINT64: return r.SetUInt64(&m, f, static_cast<uint64_t>(number(r.GetUInt64(m, f))));
    case F::CPPTYPE_ENUM: return r.SetEnumValue(&m, f, enumValue());
    case F::CPPTYPE_BOOL: return r.SetBool(&m, f, !r.GetBool(m, f));
    case F::CPPTYPE_FLOAT: return r.SetFloat(&m, f, static_cast<float>(interestingReal(random)));
    case F::CPPTYPE_DOUBLE: return r.SetDouble(&m, f, interestingReal(random));
    case F::CPPTYPE_STRING: return r.SetString(&m, f, text(r.GetString(m, f)));
    case F::CPPTYPE_MESSAGE: return;
    }
  }

  void setElement(pb::Message &m, const pb::FieldDescriptor *f, int i) {
    const pb::Reflection &r = *m.GetReflection();
    using F = pb::FieldDescriptor;
    switch (f->cpp_type()) {
    case F::CPPTYPE_INT32:
      return r.SetRepeatedInt32(&m, f, i, static_cast<int32_t>(number(r.GetRepeatedInt32(m, f, i))));
    case F::CPPTYPE_INT64: return r.SetRepeatedInt64(&m, f, i, number(r.GetRepeatedInt64(m, f, i)));
    case F::CPPTYPE_UINT32: return r.SetRepeatedUInt32(&m, f, i, static_cast<uint32_t>(number(0)));
    case F::CPPTYPE_UINT64: return r.SetRepeatedUInt64(&m, f, i, static_cast<uint64_t>(number(0)));
    case F::CPPTYPE_ENUM: return r.SetRepeatedEnumValue(&m, f, i, enumValue());
    case F::CPPTYPE_BOOL: return r.SetRepeatedBool(&m, f, i, !r.GetRepeatedBool(m, f, i));
    case F::CPPTYPE_FLOAT: return r.SetRepeatedFloat(&m, f, i, static_cast<float>(interestingReal(random)));
    case F::CPPTYPE_DOUBLE: return r.SetRepeatedDouble(&m, f, i, interestingReal(random));
    case F::CPPTYPE_STRING: return r.SetRepeatedString(&m, f, i, text(r.GetRepeatedString(m, f, i)));
    case F::CPPTYPE_MESSAGE: return;
    }
  }

  void addElement(pb::Message &m, const pb::FieldDescriptor *f) {
    const pb::Reflection &r = *m.GetReflection();
    using F = pb::FieldDescriptor;
    switch (f->cpp_type()) {
    case F::CPPTYPE_INT32: return r.AddInt32(&m, f, static_cast<int32_t>(number(0)));
    case F::CPPTYPE_INT64: return r.AddInt64(&m, f, number(0));
    case F::CPPTYPE_UINT32: return r.AddUInt32(&m, f, static_cast<uint32_t>(number(0)));
    case F::CPPTYPE_UINT64: return r.AddUInt64(&m, f, static_cast<uint64_t>(number(0)));
    case F::CPPTYPE_ENUM: return r.AddEnumValue(&m, f, enumValue());
    case F::CPPTYPE_BOOL: return r.AddBool(&m, f, chance(random, 50));
    case F::CPPTYPE_FLOAT: return r.AddFloat(&m, f, static_cast<float>(interestingReal(random)));
    case F::CPPTYPE_DOUBLE: return r.AddDouble(&m, f, interestingReal(random));
    case F::CPPTYPE_STRING: return r.AddString(&m, f, text("x"));
    case F::CPPTYPE_MESSAGE: return;
    }
  }

  int64_t number(int64_t old) { return interestingNumber(random, old); }
  int enumValue() { return static_cast<int>(chance(random, 80) ? below(random, 34) : number(0)); }

  Random &random;
  std::vector<std::string> strings;
};

} // namespace

void mutateBytes(Random &random, std::string &bytes, const std::string &other) {
  if (bytes.empty()) {
    bytes = other.substr(0, 16);
    return;
  }
  size_t at = below(random, bytes.size());
  size_t length = 1 + below(random, std::min<size_t>(bytes.size() - at, size_t(1) << below(random, 16)));
  switch (below(random, 8)) {
  case 0: // a few bits
    for (size_t i = 1 + below(random, 8); i > 0; --i)
      bytes[below(random, bytes.size())] ^= static_cast<char>(1 << below(random, 8));
    return;
  case 1: bytes[at] = static_cast<char>(interestingNumber(random, bytes[at])); return;
  case 2: bytes.resize(at); return;
  case 3: bytes.erase(at, length); return;
  case 4: bytes.insert(below(random, bytes.size()), bytes.substr(at, length)); return;
  case 5: // a piece of another file
    if (!other.empty()) {
      size_t from = below(random, other.size());
      bytes.insert(at, other, from, 1 + below(random, std::min<size_t>(other.size() - from, 4096)));
    }
    return;
  case 6: { // a number in the wire format that promises too much: 0x80 bits continue it
    size_t wide = 1 + below(random, 9);
    std::string varint(wide, '\xff');
    varint += static_cast<char>(below(random, 128));
    bytes.replace(at, std::min(below(random, 2) ? wide + 1 : 1, bytes.size() - at), varint);
    return;
  }
  default:
    for (size_t i = 0; i < std::min<size_t>(length, 64); ++i)
      bytes[at + i] = static_cast<char>(random());
  }
}

void mutateMessage(Random &random, pb::Message &message) { MessageMutator(random, message).mutate(message); }

} // namespace aotc::fuzz
