"""many_ops.py FILE.pbtxt: one graph with operations that tempt a compiler to call libraries."""
import sys

FLOAT = ["Exp", "Log", "Erf", "Erfc", "Tanh", "Sin", "Cos", "Tan", "Sinh", "Cosh", "Asin", "Acos", "Atan", "Expm1",
         "Log1p", "Lgamma", "Sigmoid", "Softplus", "Rsqrt", "Sqrt", "Softmax", "Round", "Floor"]
TYPES = ["DT_FLOAT", "DT_DOUBLE", "DT_HALF", "DT_BFLOAT16"]
with open(sys.argv[1], "w") as f:
    for type in TYPES:
        f.write('node { name: "x%s" op: "Placeholder" attr { key: "dtype" value { type: %s } } '
                'attr { key: "shape" value { shape { dim { size: 3 } dim { size: 37 } } } } }\n' % (type, type))
        for op in FLOAT:
            if type in TYPES[:2] or op in ("Exp", "Tanh", "Sqrt"):
                f.write('node { name: "%s%s" op: "%s" input: "x%s" attr { key: "T" value { type: %s } } }\n'
                        % (op, type, op, type, type))
        f.write('node { name: "pow%s" op: "Pow" input: "x%s" input: "x%s" attr { key: "T" value { type: %s } } }\n'
                % (type, type, type, type))
    f.write("versions { producer: 1087 }\n")
