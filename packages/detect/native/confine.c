/* redoubt-confine PROGRAM [ARGUMENT]...: installs the filter of system calls and becomes the program. For readers of
   hostile content, whose other rights are given up before. */
#include "sandbox.h"

#include <unistd.h>

int main(int count, char **words) {
  if (count < 2) give_up("usage: redoubt-confine PROGRAM [ARGUMENT]...");
  install_filter();
  execvp(words[1], words + 1);
  give_up("%s: %m", words[1]);
}
