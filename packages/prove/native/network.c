/* SPDX-License-Identifier: Apache-2.0
 * Network steps. They stay on loopback; the outgoing one also leaves for a network namespace of its own. */
#define _GNU_SOURCE
#include "drill.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

static struct sockaddr_in endpoint(const char *address, int port) {
  struct sockaddr_in end = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  inet_pton(AF_INET, address, &end.sin_addr);
  return end;
}

static int listen_on(const char *address, int port) {
  int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  struct sockaddr_in end = endpoint(address, port);
  if (server < 0 || bind(server, (struct sockaddr *)&end, sizeof end) != 0 || listen(server, 1) != 0)
    return -1;
  return server;
}

/* PATH TAG: runs a copy of this program at PATH that listens on a free loopback port. */
enum outcome step_listen_from(int count, char **arguments) {
  (void)count;
  enum outcome outcome = copy_program("/proc/self/exe", arguments[0]);
  if (outcome != MADE) return outcome;
  char *const command[] = {arguments[0], "listen", arguments[1], NULL};
  return run_program(arguments[0], command, environ);
}

/* TAG: listens on a free loopback port for a moment. */
enum outcome step_listen(int count, char **arguments) {
  (void)count;
  (void)arguments;
  int server = listen_on("127.0.0.1", 0);
  if (server < 0) return failed("listen");
  linger();
  close(server);
  return MADE;
}

/* Brings `lo` up in the current network namespace and gives it a second address. */
static enum outcome raise_loopback(const char *address) {
  int control = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (control < 0) return failed("socket");
  struct ifreq request = {0};
  strcpy(request.ifr_name, "lo");
  request.ifr_flags = IFF_UP | IFF_RUNNING;
  if (ioctl(control, SIOCSIFFLAGS, &request) != 0) return failed("raise lo");
  strcpy(request.ifr_name, "lo:1");
  struct sockaddr_in own = endpoint(address, 0);
  memcpy(&request.ifr_addr, &own, sizeof own);
  if (ioctl(control, SIOCSIFADDR, &request) != 0) return failed("address lo");
  close(control);
  return MADE;
}

/*
 * ADDRESS PORT TAG: connects to ADDRESS:PORT inside a network namespace that has no way out, where
 * ADDRESS is this process itself.
 */
enum outcome step_connect_isolated(int count, char **arguments) {
  (void)count;
  if (unshare(CLONE_NEWNET) != 0) return failed("unshare");
  enum outcome outcome = raise_loopback(arguments[0]);
  if (outcome != MADE) return outcome;
  int port = atoi(arguments[1]);
  int server = listen_on(arguments[0], port);
  if (server < 0) return failed("listen");
  int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  struct sockaddr_in end = endpoint(arguments[0], port);
  if (client < 0 || connect(client, (struct sockaddr *)&end, sizeof end) != 0) return failed("connect");
  linger();
  close(client);
  close(server);
  return MADE;
}
