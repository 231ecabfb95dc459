/* Starts and ends: the smallest process that can be executed. Linked statically, so that an execution
   costs the kernel's work alone and no dynamic linker's. */
int main(void) { return 0; }
