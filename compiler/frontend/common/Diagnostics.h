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
      errorList.push_back({std::move(node), std::move(op), std::move(message), std::move(remedy)});
    else
      ++dropped;
  }
  // Worth saying once, but the compile goes on.
  void note(std::string node, std::string op, std::string message, std::string remedy = "") {
    if (noteList.size() < kMaxErrors)
      noteList.push_back({std::move(node), std::move(op), std::move(message), std::move(remedy)});
  }

  bool hasErrors() const { return !errorList.empty(); }
  const std::vector<Diagnostic> &errors() const { return errorList; }
  const std::vector<Diagnostic> &notes() const { return noteList; }
  size_t droppedErrors() const { return dropped; }

private:
  std::vector<Diagnostic> errorList, noteList;
  size_t dropped = 0;
};

} // namespace aotc
#endif
