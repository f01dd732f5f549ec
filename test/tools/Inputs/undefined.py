"""undefined.py NM FILE.o: prints undefined symbols outside of what an object may need."""
import subprocess
import sys

MATH = """acos acosh asin asinh atan atan2 atanh cbrt ceil copysign cos cosh erf erfc exp exp2 expm1 fabs fdim floor fma
fmax fmin fmod frexp hypot ilogb ldexp lgamma llrint llround log log10 log1p log2 logb lrint lround modf nan nearbyint
nextafter nexttoward pow remainder remquo rint round scalbln scalbn sin sinh sqrt tan tanh tgamma trunc""".split()
allowed = {"memcpy", "memset", "memmove"} | set(MATH) | {name + "f" for name in MATH}
names = subprocess.check_output([sys.argv[1], "--undefined-only", "--format=just-symbols", sys.argv[2]], text=True).split()
forbidden = [name for name in names if name not in allowed]
print("undefined:", " ".join(forbidden) or "nothing forbidden")
sys.exit(bool(forbidden))
