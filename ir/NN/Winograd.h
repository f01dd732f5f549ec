// Minimal filtering F(m x m, 3 x 3): a convolution by 3 x 3 as products of
// transformed tiles (Lavin and Gray, Fast Algorithms for Convolutional Neural
// Networks, arXiv:1509.09308).
#ifndef AOTC_IR_NN_WINOGRAD_H
#define AOTC_IR_NN_WINOGRAD_H

#include <cstdint>
#include <vector>

namespace aotc::nn {

// A small dense matrix, row-major.
struct Matrix {
  int64_t rows, columns;
  std::vector<double> values;
  double operator()(int64_t r, int64_t c) const { return values[r * columns + c]; }
  double &operator()(int64_t r, int64_t c) { return values[r * columns + c]; }
};

// outputs = output * ((filter * g * filter^T) .* (input * d * input^T)) * output^T
// for an input tile d of `extent` x `extent`.
struct Winograd {
  int64_t tile;   // m: extent of the output tile
  int64_t extent; // m + 2
  Matrix input;   // [extent, extent]; its entries are exact in f32
  Matrix filter;  // [extent, 3]
  Matrix output;  // [m, extent]
};

// For tiles of 2 or 4. The points of F(4) are 0, +-3/4, +-3/2 and infinity:
// on random data they leave half the error of the usual 0, +-1, +-2.
const Winograd &winograd(int64_t tile);

// Fills the transformed filter, [extent, extent], of 3 x 3 weights.
void transformFilter(const Winograd &w, const double (&weights)[9], double *transformed);
// The weights behind a transformed filter (least squares).
void recoverFilter(const Winograd &w, const Matrix &transformed, double (&weights)[9]);

} // namespace aotc::nn
#endif
