/* SPDX-License-Identifier: Apache-2.0 */
/* storm FOLDER COUNT: creates, renames and removes COUNT files. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(int count, char **arguments)
{
	char from[64], to[64];
	if (count < 3 || chdir(arguments[1]))
		return 1;
	for (int i = 0; i < atoi(arguments[2]); i++) {
		snprintf(from, sizeof(from), "a%d", i);
		snprintf(to, sizeof(to), "b%d", i);
		int file = open(from, O_CREAT | O_WRONLY | O_EXCL, 0600);
		if (file < 0 || close(file) || rename(from, to) || unlink(to))
			return 2;
	}
	return 0;
}
