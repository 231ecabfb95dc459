/*
 * A harmless program that does one odd thing with its memory, says "ready", and waits for its standard input to end.
 *   odd clean | map | memfd | gone | patch | hook | stack
 * The code that it makes or changes does nothing: it returns, or is made of no-operations, and is never reached by others.
 */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <fcntl.h>

extern char **environ;

/* Begins with no-operations, so that others of the same length can take their place. */
__attribute__((noinline, aligned(16), used)) int patched_function(int value)
{
    __asm__ volatile(".byte 0x90,0x90,0x90,0x90");
    return value + 1;
}

static void wait_for_end(void)
{
    char byte;
    puts("ready");
    fflush(stdout);
    while (read(0, &byte, 1) > 0)
        ;
}

static void map_page(void)
{
    unsigned char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    memset(page, 0xc3, 16); /* ret */
    mprotect(page, 4096, PROT_READ | PROT_EXEC);
    ((void (*)(void))page)();
}

static void run_from_memfd(char **argv)
{
    int from = open("/proc/self/exe", O_RDONLY), to = memfd_create("redoubt-test", MFD_CLOEXEC);
    char buffer[65536];
    ssize_t got;
    while ((got = read(from, buffer, sizeof buffer)) > 0)
        if (write(to, buffer, got) != got)
            exit(1);
    char *words[] = {argv[0], "clean", NULL};
    fexecve(to, words, environ);
    exit(1);
}

static void patch_own_function(void)
{
    uintptr_t start = (uintptr_t)patched_function & ~(uintptr_t)4095;
    unsigned char *code = (unsigned char *)patched_function;
    static const unsigned char nops[] = {0x0f, 0x1f, 0x40, 0x00}; /* one no-operation of four bytes */
    mprotect((void *)start, 8192, PROT_READ | PROT_WRITE | PROT_EXEC);
    for (int at = 0; at < 32; at++)
        if (memcmp(code + at, "\x90\x90\x90\x90", 4) == 0) {
            memcpy(code + at, nops, 4);
            break;
        }
    mprotect((void *)start, 8192, PROT_READ | PROT_EXEC);
}

extern void *_GLOBAL_OFFSET_TABLE_[];

/* Lets the slot of `getppid` lead to `patched_function`; nothing calls it afterwards. */
static void hook_import(void)
{
    uintptr_t wanted = (uintptr_t)getppid;
    void **slot = _GLOBAL_OFFSET_TABLE_;
    getppid();
    for (int at = -64; at < 64; at++)
        if ((uintptr_t)slot[at] == wanted) {
            mprotect((void *)((uintptr_t)(slot + at) & ~(uintptr_t)4095), 4096, PROT_READ | PROT_WRITE);
            slot[at] = (void *)patched_function;
            return;
        }
    exit(3);
}

int main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "clean";
    if (strcmp(what, "map") == 0)
        map_page();
    else if (strcmp(what, "memfd") == 0)
        run_from_memfd(argv);
    else if (strcmp(what, "gone") == 0)
        unlink(argv[0]);
    else if (strcmp(what, "patch") == 0)
        patch_own_function();
    else if (strcmp(what, "hook") == 0)
        hook_import();
    wait_for_end();
    return patched_function(-1);
}
