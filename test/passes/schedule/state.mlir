// New states are written over the old ones where nobody reads these any more and no kernel fails afterwards.
// RUN: aotc-opt %s -split-input-file --aotc-fuse --aotc-schedule --aotc-verify-plan | FileCheck %s

// CHECK-LABEL: func @in_place
// CHECK: plan.region 0 loop{{.*}}places = [#plan.at<state, 0, 0, 16>]
func.func @in_place(%x: tensor<4xf32>, %s: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) attributes {nn.states = 1 : i64} {
  %new = nn.binary add %s, %x : tensor<4xf32>
  %y = nn.reverse %new [0] : tensor<4xf32>
  return %y, %new : tensor<4xf32>, tensor<4xf32>
}

// -----

// The old state is read from other places than are written.
// CHECK-LABEL: func @shifted
// CHECK-NOT: places = [#plan.at<state
// CHECK: return
func.func @shifted(%x: tensor<1xf32>, %s: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) attributes {nn.states = 1 : i64} {
  %tail = nn.slice %s {starts = array<i64: 1>, strides = array<i64: 1>} : tensor<4xf32> -> tensor<3xf32>
  %new = nn.concat %tail, %x {axis = 0 : i64} : (tensor<3xf32>, tensor<1xf32>) -> tensor<4xf32>
  %y = nn.unary neg %new : tensor<4xf32> -> tensor<4xf32>
  return %y, %new : tensor<4xf32>, tensor<4xf32>
}

// -----

// A kernel that comes later may fail, and failed calls leave the state as it was.
// CHECK-LABEL: func @may_fail
// CHECK-NOT: places = [#plan.at<state
// CHECK: return
func.func @may_fail(%i: tensor<2xi32>, %x: tensor<4xf32>, %s: tensor<4xf32>) -> (tensor<2xf32>, tensor<4xf32>) attributes {nn.states = 1 : i64} {
  %new = nn.binary add %s, %x : tensor<4xf32>
  %y = nn.gather %new, %i {axis = 0 : i64} : (tensor<4xf32>, tensor<2xi32>) -> tensor<2xf32>
  return %y, %new : tensor<2xf32>, tensor<4xf32>
}

// -----

// Of two states that change places one waits in the arena.
// CHECK-LABEL: func @swap
// CHECK: plan.region 1 loop(%arg2) {places = [#plan.at<arena, 0, 0, 16>]}
// CHECK: plan.region 2 loop(%arg1) {places = [#plan.at<state, 1, 0, 16>]}
func.func @swap(%x: tensor<4xf32>, %a: tensor<4xf32>, %b: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>, tensor<4xf32>) attributes {nn.states = 2 : i64} {
  %y = nn.unary neg %x : tensor<4xf32> -> tensor<4xf32>
  return %y, %b, %a : tensor<4xf32>, tensor<4xf32>, tensor<4xf32>
}
