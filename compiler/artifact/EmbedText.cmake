# cmake -DIN=file -DOUT=header -DNAME=variable -P EmbedText.cmake
# Writes a C++ header that holds the bytes of a text file as one string.
file(READ "${IN}" text)
file(WRITE "${OUT}" "// Generated from ${NAME}'s source file.\nstatic const char ${NAME}[] = R\"aotc(${text})aotc\";\n")
