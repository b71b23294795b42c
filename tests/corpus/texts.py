# SPDX-License-Identifier: Apache-2.0
"""StableHLO of corpus cases that JAX does not write; what stands in braces is filled in (generate.py)."""

# Combines two arrays by a computation of both: what is larger in the first keeps its place in the second.
SCATTER_TWO = """
func.func @main(%x: tensor<6xf32>, %y: tensor<6xi32>, %i: tensor<5x1xi32>, %u: tensor<5xf32>, %v: tensor<5xi32>)
    -> (tensor<6xf32>, tensor<6xi32>) {{
  %r:2 = "stablehlo.scatter"(%x, %y, %i, %u, %v) ({{
    ^bb0(%a: tensor<f32>, %b: tensor<i32>, %c: tensor<f32>, %d: tensor<i32>):
      {body}
  }}) {{scatter_dimension_numbers = #stablehlo.scatter<inserted_window_dims = [0], scatter_dims_to_operand_dims = [0],
        index_vector_dim = 1>, indices_are_sorted = false, unique_indices = {unique}}}
    : (tensor<6xf32>, tensor<6xi32>, tensor<5x1xi32>, tensor<5xf32>, tensor<5xi32>) -> (tensor<6xf32>, tensor<6xi32>)
  return %r#0, %r#1 : tensor<6xf32>, tensor<6xi32>
}}"""
KEEP_THE_LARGER = """%p = stablehlo.compare GE, %a, %c : (tensor<f32>, tensor<f32>) -> tensor<i1>
      %e = stablehlo.select %p, %a, %c : tensor<i1>, tensor<f32>
      %f = stablehlo.select %p, %b, %d : tensor<i1>, tensor<i32>
      stablehlo.return %e, %f : tensor<f32>, tensor<i32>"""
EACH_BY_ITSELF = """%e = stablehlo.subtract %a, %c : tensor<f32>
      %f = stablehlo.maximum %b, %d : tensor<i32>
      stablehlo.return %e, %f : tensor<f32>, tensor<i32>"""

TOTAL_ORDER = "\n".join(
    ["func.func @main(%x: tensor<8xf32>, %y: tensor<8xf32>)"]
    + [" -> (tensor<8xi1>, tensor<8xi1>, tensor<8xi1>, tensor<8xi1>, tensor<8xi1>, tensor<8xi1>) {"]
    + [
        f"  %{d} = stablehlo.compare {d}, %x, %y, TOTALORDER : (tensor<8xf32>, tensor<8xf32>) -> tensor<8xi1>"
        for d in ("EQ", "NE", "GE", "GT", "LE", "LT")
    ]
    + ["  return %EQ, %NE, %GE, %GT, %LE, %LT : tensor<8xi1>, tensor<8xi1>, tensor<8xi1>, tensor<8xi1>,"]
    + ["    tensor<8xi1>, tensor<8xi1>", "}"]
)

SELECT_AND_SCATTER = """
func.func @main(%x: tensor<1x6x6x1xf32>, %s: tensor<1x3x3x1xf32>) -> tensor<1x6x6x1xf32> {{
  %i = stablehlo.constant dense<{start}> : tensor<f32>
  %r = "stablehlo.select_and_scatter"(%x, %s, %i) ({{
    ^bb0(%a: tensor<f32>, %b: tensor<f32>):
      %c = stablehlo.compare GE, %a, %b : (tensor<f32>, tensor<f32>) -> tensor<i1>
      stablehlo.return %c : tensor<i1>
  }}, {{
    ^bb0(%a: tensor<f32>, %b: tensor<f32>):
      %c = stablehlo.{step} %a, %b : tensor<f32>
      stablehlo.return %c : tensor<f32>
  }}) {{window_dimensions = array<i64: 1, 3, 3, 1>, window_strides = array<i64: 1, 2, 2, 1>,
        padding = dense<[[0, 0], [0, 1], [0, 1], [0, 0]]> : tensor<4x2xi64>}}
    : (tensor<1x6x6x1xf32>, tensor<1x3x3x1xf32>, tensor<f32>) -> tensor<1x6x6x1xf32>
  return %r : tensor<1x6x6x1xf32>
}}"""

# Sorts two lists by a rule on both: a and b are of the first list, c and d of the second.
SORT_TWO = """
func.func @main(%x: tensor<{n}xf32>, %y: tensor<{n}xf32>) -> (tensor<{n}xf32>, tensor<{n}xf32>) {{
  %s:2 = "stablehlo.sort"(%x, %y) ({{
    ^bb0(%a: tensor<f32>, %b: tensor<f32>, %c: tensor<f32>, %d: tensor<f32>):
      {body}
  }}) {{dimension = 0 : i64, is_stable = true}}
    : (tensor<{n}xf32>, tensor<{n}xf32>) -> (tensor<{n}xf32>, tensor<{n}xf32>)
  return %s#0, %s#1 : tensor<{n}xf32>, tensor<{n}xf32>
}}"""
BY_SUM_ACROSS = """%p = stablehlo.add %a, %c : tensor<f32>
      %q = stablehlo.add %b, %d : tensor<f32>
      %k = stablehlo.subtract %p, %q : tensor<f32>
      %z = stablehlo.constant dense<0.0> : tensor<f32>
      %r = stablehlo.compare LT, %k, %z : (tensor<f32>, tensor<f32>) -> tensor<i1>
      stablehlo.return %r : tensor<i1>"""
