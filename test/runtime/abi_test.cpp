#include "abi_test.c"
