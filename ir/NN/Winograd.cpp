#include "ir/NN/Winograd.h"

#include <cstddef>

namespace aotc::nn {
namespace {

Matrix multiply(const Matrix &a, const Matrix &b) {
  Matrix result{a.rows, b.columns, std::vector<double>(a.rows * b.columns)};
  for (int64_t i = 0; i < a.rows; ++i)
    for (int64_t k = 0; k < a.columns; ++k)
      for (int64_t j = 0; j < b.columns; ++j)
        result(i, j) += a(i, k) * b(k, j);
  return result;
}

Matrix transposed(const Matrix &a) {
  Matrix result{a.columns, a.rows, std::vector<double>(a.values.size())};
  for (int64_t i = 0; i < a.rows; ++i)
    for (int64_t j = 0; j < a.columns; ++j)
      result(j, i) = a(i, j);
  return result;
}

// The values of 1, x, x^2... at the finite points, one row a point; the point
// at infinity takes the leading coefficient.
Matrix evaluation(const std::vector<double> &points, int64_t columns) {
  int64_t rows = static_cast<int64_t>(points.size()) + 1;
  Matrix result{rows, columns, std::vector<double>(rows * columns)};
  for (int64_t i = 0; i + 1 < rows; ++i) {
    double power = 1;
    for (int64_t j = 0; j < columns; ++j, power *= points[i])
      result(i, j) = power;
  }
  result(rows - 1, columns - 1) = 1;
  return result;
}

// Toom-Cook: polynomials are evaluated at the points, multiplied there and
// interpolated; transposing the product gives the filter.
Winograd make(int64_t tile, const std::vector<double> &points) {
  int64_t extent = tile + 2, finite = extent - 1;
  Winograd w{tile, extent, {extent, extent, std::vector<double>(extent * extent)}, evaluation(points, 3),
             transposed(evaluation(points, tile))};
  for (int64_t i = 0; i <= finite; ++i) {
    // The product of x - p over all points but this one; all points for infinity.
    std::vector<double> product{1};
    double scale = 1;
    for (int64_t j = 0; j < finite; ++j) {
      if (j == i)
        continue;
      product.push_back(0);
      for (std::size_t k = product.size(); k-- > 0;)
        product[k] = (k ? product[k - 1] : 0) - points[j] * product[k];
      if (i < finite)
        scale *= points[i] - points[j];
    }
    for (std::size_t k = 0; k < product.size(); ++k)
      w.input(i, k) = product[k];
    for (int64_t k = 0; k < 3 && i < finite; ++k)
      w.filter(i, k) /= scale;
  }
  return w;
}

} // namespace

const Winograd &winograd(int64_t tile) {
  static const Winograd two = make(2, {0, 1, -1}), four = make(4, {0, 0.75, -0.75, 1.5, -1.5});
  return tile == 2 ? two : four;
}

void transformFilter(const Winograd &w, const double (&weights)[9], double *transformed) {
  double rows[6][3]; // filter * weights
  for (int64_t i = 0; i < w.extent; ++i)
    for (int64_t j = 0; j < 3; ++j)
      rows[i][j] = w.filter(i, 0) * weights[j] + w.filter(i, 1) * weights[3 + j] + w.filter(i, 2) * weights[6 + j];
  for (int64_t i = 0; i < w.extent; ++i)
    for (int64_t j = 0; j < w.extent; ++j)
      *transformed++ = rows[i][0] * w.filter(j, 0) + rows[i][1] * w.filter(j, 1) + rows[i][2] * w.filter(j, 2);
}

void recoverFilter(const Winograd &w, const Matrix &transformed, double (&weights)[9]) {
  // (G^T G)^-1 G^T by Cramer's rule.
  Matrix gt = transposed(w.filter), n = multiply(gt, w.filter), inverse{3, 3, std::vector<double>(9)};
  auto minor = [&](int64_t r, int64_t c) {
    auto at = [&](int64_t i, int64_t j) { return n((r + i) % 3, (c + j) % 3); };
    return at(1, 1) * at(2, 2) - at(1, 2) * at(2, 1);
  };
  double determinant = 0;
  for (int64_t c = 0; c < 3; ++c)
    determinant += n(0, c) * minor(0, c);
  for (int64_t r = 0; r < 3; ++r)
    for (int64_t c = 0; c < 3; ++c)
      inverse(c, r) = minor(r, c) / determinant;
  Matrix left = multiply(inverse, gt);
  Matrix g = multiply(multiply(left, transformed), transposed(left));
  for (int64_t i = 0; i < 9; ++i)
    weights[i] = g.values[i];
}

} // namespace aotc::nn
