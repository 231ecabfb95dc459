/* The local sandbox and the launcher of confined readers: what their parts share. */
#pragma once

/* The user that a sample runs as: nobody. */
#define SAMPLE_ID 65534

/* Writes why and ends with status 125, which no report of a sample uses. */
__attribute__((noreturn, format(printf, 1, 2))) void give_up(const char *format, ...);

/* Makes a root file system in memory, with the system's programs and libraries to read, and goes there.
   SAMPLE becomes /sample/NAME; nothing that is written outlives the mount namespace. */
void enter_root(const char *sample, const char *name, unsigned long megabytes);

/* Installs the filter of system calls; it also holds for all programs that are started later. */
void install_filter(void);
