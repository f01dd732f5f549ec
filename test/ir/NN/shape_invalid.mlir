// RUN: aotc-opt %s --verify-diagnostics --split-input-file

func.func @reshape_c1(%x: tensor<4xf32>) -> tensor<4xi32> {
  // expected-error @+1 {{needs one element type}}
  %0 = nn.reshape %x : tensor<4xf32> -> tensor<4xi32>
  return %0 : tensor<4xi32>
}

// -----

func.func @reshape_c2(%x: tensor<4xf32>) -> tensor<2x3xf32> {
  // expected-error @+1 {{changes the number of elements}}
  %0 = nn.reshape %x : tensor<4xf32> -> tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}

// -----

func.func @broadcast_c1(%x: tensor<4xf32>) -> tensor<2x4xf32> {
  // expected-error @+1 {{needs one rank and element type}}
  %0 = nn.broadcast %x : tensor<4xf32> -> tensor<2x4xf32>
  return %0 : tensor<2x4xf32>
}

// -----

func.func @broadcast_c2(%x: tensor<2x4xf32>) -> tensor<6x4xf32> {
  // expected-error @+1 {{repeats an extent of 2 to 6}}
  %0 = nn.broadcast %x : tensor<2x4xf32> -> tensor<6x4xf32>
  return %0 : tensor<6x4xf32>
}

// -----

func.func @transpose_c1(%x: tensor<2x4xf32>) -> tensor<2x4xf32> {
  // expected-error @+1 {{needs a permutation of the 2 dimensions}}
  %0 = nn.transpose %x [0, 0] : tensor<2x4xf32> -> tensor<2x4xf32>
  return %0 : tensor<2x4xf32>
}

// -----

func.func @transpose_c2(%x: tensor<2x4xf32>) -> tensor<2x4xf32> {
  // expected-error @+1 {{has result 'tensor<2x4xf32>', expected 'tensor<4x2xf32>'}}
  %0 = nn.transpose %x [1, 0] : tensor<2x4xf32> -> tensor<2x4xf32>
  return %0 : tensor<2x4xf32>
}

// -----

func.func @concat_c1(%x: tensor<2xf32>) -> tensor<2xf32> {
  // expected-error @+1 {{has axis 1 outside rank 1}}
  %0 = nn.concat %x {axis = 1 : i64} : (tensor<2xf32>) -> tensor<2xf32>
  return %0 : tensor<2xf32>
}

// -----

func.func @concat_c2(%x: tensor<2x3xf32>, %y: tensor<2x4xf32>) -> tensor<4x3xf32> {
  // expected-error @+1 {{joins tensors that do not fit along axis 0}}
  %0 = nn.concat %x, %y {axis = 0 : i64} : (tensor<2x3xf32>, tensor<2x4xf32>) -> tensor<4x3xf32>
  return %0 : tensor<4x3xf32>
}

// -----

func.func @concat_c3(%x: tensor<2xf32>) -> tensor<5xf32> {
  // expected-error @+1 {{has result 'tensor<5xf32>', expected 'tensor<4xf32>'}}
  %0 = nn.concat %x, %x {axis = 0 : i64} : (tensor<2xf32>, tensor<2xf32>) -> tensor<5xf32>
  return %0 : tensor<5xf32>
}

// -----

func.func @slice_c1(%x: tensor<4xf32>) -> tensor<2xf32> {
  // expected-error @+1 {{needs one start and one stride for each of 1 dimensions}}
  %0 = nn.slice %x {starts = array<i64: 0, 0>, strides = array<i64: 1>} : tensor<4xf32> -> tensor<2xf32>
  return %0 : tensor<2xf32>
}

// -----

func.func @slice_c1_range(%x: tensor<4xf32>) -> tensor<2xf32> {
  // expected-error @+1 {{needs starts >= 0 and strides >= 1}}
  %0 = nn.slice %x {starts = array<i64: 0>, strides = array<i64: 0>} : tensor<4xf32> -> tensor<2xf32>
  return %0 : tensor<2xf32>
}

// -----

func.func @slice_c2(%x: tensor<4xf32>) -> tensor<2xf32> {
  // expected-error @+1 {{reads past the end of dimension 0}}
  %0 = nn.slice %x {starts = array<i64: 1>, strides = array<i64: 3>} : tensor<4xf32> -> tensor<2xf32>
  return %0 : tensor<2xf32>
}

// -----

func.func @slice_c2_overflow(%x: tensor<4xf32>) -> tensor<3xf32> {
  // expected-error @+1 {{reads past the end of dimension 0}}
  %0 = nn.slice %x {starts = array<i64: 0>, strides = array<i64: 9223372036854775807>} : tensor<4xf32> -> tensor<3xf32>
  return %0 : tensor<3xf32>
}

// -----

func.func @dynamic_slice_c1(%x: tensor<4xf32>, %s: tensor<2xi32>) -> tensor<2xf32> {
  // expected-error @+1 {{needs i32 or i64 starts, one a dimension}}
  %0 = nn.dynamic_slice %x, %s : (tensor<4xf32>, tensor<2xi32>) -> tensor<2xf32>
  return %0 : tensor<2xf32>
}

// -----

func.func @dynamic_slice_c2(%x: tensor<4xf32>, %s: tensor<1xi32>) -> tensor<5xf32> {
  // expected-error @+1 {{does not cut}}
  %0 = nn.dynamic_slice %x, %s : (tensor<4xf32>, tensor<1xi32>) -> tensor<5xf32>
  return %0 : tensor<5xf32>
}

// -----

func.func @reverse_c1(%x: tensor<4xf32>) -> tensor<4xf32> {
  // expected-error @+1 {{needs distinct axes inside rank 1}}
  %0 = nn.reverse %x [0, 0] : tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

func.func @pad_c1(%x: tensor<4xf32>, %v: tensor<f32>) -> tensor<6xf32> {
  // expected-error @+1 {{needs padding >= 0 of reasonable size}}
  %0 = nn.pad constant %x, %v {low = array<i64: -1>, high = array<i64: 3>} : tensor<4xf32> -> tensor<6xf32>, tensor<f32>
  return %0 : tensor<6xf32>
}

// -----

func.func @pad_c1_result(%x: tensor<4xf32>, %v: tensor<f32>) -> tensor<6xf32> {
  // expected-error @+1 {{has result 'tensor<6xf32>', expected 'tensor<5xf32>'}}
  %0 = nn.pad constant %x, %v {low = array<i64: 0>, high = array<i64: 1>} : tensor<4xf32> -> tensor<6xf32>, tensor<f32>
  return %0 : tensor<6xf32>
}

// -----

func.func @pad_c2(%x: tensor<4xf32>, %v: tensor<i32>) -> tensor<5xf32> {
  // expected-error @+1 {{needs a scalar value of the operand's element type}}
  %0 = nn.pad constant %x, %v {low = array<i64: 0>, high = array<i64: 1>} : tensor<4xf32> -> tensor<5xf32>, tensor<i32>
  return %0 : tensor<5xf32>
}

// -----

func.func @pad_c3(%x: tensor<4xf32>, %v: tensor<f32>) -> tensor<8xf32> {
  // expected-error @+1 {{pads extent 4 by 4, more than its mode can mirror}}
  %0 = nn.pad reflect %x, %v {low = array<i64: 0>, high = array<i64: 4>} : tensor<4xf32> -> tensor<8xf32>, tensor<f32>
  return %0 : tensor<8xf32>
}

// -----

func.func @gather_c1(%x: tensor<4xf32>, %i: tensor<2xi8>) -> tensor<2xf32> {
  // expected-error @+1 {{needs i32 or i64 indices}}
  %0 = nn.gather %x, %i {axis = 0 : i64} : (tensor<4xf32>, tensor<2xi8>) -> tensor<2xf32>
  return %0 : tensor<2xf32>
}

// -----

func.func @gather_c2(%x: tensor<4xf32>, %i: tensor<2xi32>) -> tensor<2xf32> {
  // expected-error @+1 {{has axis 1 and batch dims 0 that do not fit}}
  %0 = nn.gather %x, %i {axis = 1 : i64} : (tensor<4xf32>, tensor<2xi32>) -> tensor<2xf32>
  return %0 : tensor<2xf32>
}

// -----

func.func @gather_c3(%x: tensor<4xf32>, %i: tensor<2xi32>) -> tensor<3xf32> {
  // expected-error @+1 {{has result 'tensor<3xf32>', expected 'tensor<2xf32>'}}
  %0 = nn.gather %x, %i {axis = 0 : i64} : (tensor<4xf32>, tensor<2xi32>) -> tensor<3xf32>
  return %0 : tensor<3xf32>
}

// -----

func.func @gather_nd_c1(%x: tensor<4xf32>, %i: tensor<2x1xf32>) -> tensor<2xf32> {
  // expected-error @+1 {{needs i32 or i64 indices}}
  %0 = nn.gather_nd %x, %i : (tensor<4xf32>, tensor<2x1xf32>) -> tensor<2xf32>
  return %0 : tensor<2xf32>
}

// -----

func.func @gather_nd_c2(%x: tensor<4xf32>, %i: tensor<2x2xi32>) -> tensor<2xf32> {
  // expected-error @+1 {{has index vectors of 2 entries and batch dims 0 that do not fit}}
  %0 = nn.gather_nd %x, %i : (tensor<4xf32>, tensor<2x2xi32>) -> tensor<2xf32>
  return %0 : tensor<2xf32>
}

// -----

func.func @gather_nd_c3(%x: tensor<4xf32>, %i: tensor<2x1xi32>) -> tensor<3xf32> {
  // expected-error @+1 {{has result 'tensor<3xf32>', expected 'tensor<2xf32>'}}
  %0 = nn.gather_nd %x, %i : (tensor<4xf32>, tensor<2x1xi32>) -> tensor<3xf32>
  return %0 : tensor<3xf32>
}

// -----

func.func @scatter_nd_c1(%x: tensor<4xf32>, %i: tensor<2x2xi32>, %u: tensor<2xf32>) -> tensor<4xf32> {
  // expected-error @+1 {{needs i32 or i64 index vectors that fit}}
  %0 = nn.scatter_nd update %x, %i, %u : (tensor<4xf32>, tensor<2x2xi32>, tensor<2xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

func.func @scatter_nd_c2(%x: tensor<4xf32>, %i: tensor<2x1xi32>, %u: tensor<3xf32>) -> tensor<4xf32> {
  // expected-error @+1 {{has updates or a result that do not fit}}
  %0 = nn.scatter_nd update %x, %i, %u : (tensor<4xf32>, tensor<2x1xi32>, tensor<3xf32>) -> tensor<4xf32>
  return %0 : tensor<4xf32>
}

// -----

func.func @iota_c1() -> tensor<4xi32> {
  // expected-error @+1 {{has an axis outside the rank}}
  %0 = nn.iota {axis = 1 : i64} : tensor<4xi32>
  return %0 : tensor<4xi32>
}

// -----

func.func @iota_c2() -> tensor<4xi1> {
  // expected-error @+1 {{needs numbers}}
  %0 = nn.iota {axis = 0 : i64} : tensor<4xi1>
  return %0 : tensor<4xi1>
}

// -----

func.func @insert_c1(%x: tensor<3x2xf32>) -> tensor<2x4xf32> {
  // expected-error @+1 {{does not put}}
  %0 = nn.insert %x {start = 0 : i64} : (tensor<3x2xf32>) -> tensor<2x4xf32>
  return %0 : tensor<2x4xf32>
}

// -----

func.func @insert_c2(%x: tensor<2x2xf32>) -> tensor<2x4xf32> {
  // expected-error @+1 {{writes outside of}}
  %0 = nn.insert %x {start = 3 : i64} : (tensor<2x2xf32>) -> tensor<2x4xf32>
  return %0 : tensor<2x4xf32>
}

// -----

func.func @insert_c3(%x: tensor<2x2xf32>) -> tensor<2x4xf32> {
  // expected-error @+1 {{must be yielded, into an argument that nothing else reads}}
  %0 = nn.insert %x {start = 2 : i64} : (tensor<2x2xf32>) -> tensor<2x4xf32>
  return %0 : tensor<2x4xf32>
}
