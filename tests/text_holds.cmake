# cmake -DTEXT=<file> -DPART=<file> -P text_holds.cmake: fails unless TEXT holds PART, byte for byte.
file(READ "${TEXT}" text)
file(READ "${PART}" part)
string(FIND "${text}" "${part}" position)
if(position EQUAL -1)
  message(FATAL_ERROR "${TEXT} does not hold ${PART}: copy it there")
endif()
