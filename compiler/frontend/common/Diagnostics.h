// What is wrong with a model, collected over a whole run so that one compile
// names every problem. Shared by readers and importers; no MLIR in here.
#ifndef AOTC_COMPILER_FRONTEND_COMMON_DIAGNOSTICS_H
#define AOTC_COMPILER_FRONTEND_COMMON_DIAGNOSTICS_H

#include <string>
#include <utility>
#include <vector>

namespace aotc {

// Every field may be empty where it does not apply.
struct Diagnostic {
  std::string node;    // name of the node in the file
  std::string op;      // its operation, e.g. "Conv2D"
  std::string message; // what is wrong; no trailing period, no node name
  std::string remedy;  // what the user can do, e.g. "give --input x=[1,28,28]"
};

class Diagnostics {
public:
  // A hostile file may have a problem a node; past this the rest is counted only.
  static constexpr size_t kMaxErrors = 1000;

  void error(std::string node, std::string op, std::string message, std::string remedy = "") {
    if (errorList.size() < kMaxErrors)
      errorList.push_back({oneLine(node), oneLine(op), oneLine(message), oneLine(remedy)});
    else
      ++dropped;
  }
  // Worth saying once, but the compile goes on.
  void note(std::string node, std::string op, std::string message, std::string remedy = "") {
    if (noteList.size() < kMaxErrors)
      noteList.push_back({oneLine(node), oneLine(op), oneLine(message), oneLine(remedy)});
  }

  bool hasErrors() const { return !errorList.empty(); }
  const std::vector<Diagnostic> &errors() const { return errorList; }
  const std::vector<Diagnostic> &notes() const { return noteList; }
  size_t droppedErrors() const { return dropped; }

private:
  // Names come from the file and may hold anything, terminal escapes included.
  static std::string oneLine(const std::string &text) {
    constexpr size_t kMaxLength = 1000;
    static constexpr char kHex[] = "0123456789abcdef";
    std::string line;
    for (unsigned char c : text) {
      if (line.size() >= kMaxLength)
        return line + "...";
      if (c >= 0x20 && c != 0x7f)
        line += static_cast<char>(c);
      else
        line += {'\\', 'x', kHex[c >> 4], kHex[c & 15]};
    }
    return line;
  }

  std::vector<Diagnostic> errorList, noteList;
  size_t dropped = 0;
};

} // namespace aotc
#endif
