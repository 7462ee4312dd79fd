// Loaded into the engine before libc (LD_PRELOAD): flushes of files below a directory are counted,
// and take longer.
//
// SLOW_DIRECTORY  the directory
// SLOW_CONTROL    a file of two u64 that both sides have in memory: how much longer, in
//                 microseconds; and how many flushes there were

#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct control {
  _Atomic uint64_t delay_us;
  _Atomic uint64_t flushes;
};

static struct control *control;
static char directory[4096];

__attribute__((constructor)) static void begin(void) {
  const char *under = getenv("SLOW_DIRECTORY"), *path = getenv("SLOW_CONTROL");
  if (under == NULL || path == NULL) return;
  snprintf(directory, sizeof directory, "%s/", under);
  int fd = open(path, O_RDWR | O_CLOEXEC);
  if (fd < 0) abort();
  void *page = mmap(NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (page == MAP_FAILED) abort();
  control = page;
  close(fd);
}

static void delay(int fd) {
  char link[64], path[4096];
  if (control == NULL) return;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length < 0) return;
  path[length] = 0;
  if (strncmp(path, directory, strlen(directory)) != 0) return;
  atomic_fetch_add(&control->flushes, 1);
  uint64_t delay_us = atomic_load(&control->delay_us);
  if (delay_us > 0) usleep((useconds_t)delay_us);
}

int fdatasync(int fd) {
  static int (*real)(int);
  if (real == NULL) real = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
  delay(fd);
  return real(fd);
}

int fsync(int fd) {
  static int (*real)(int);
  if (real == NULL) real = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
  delay(fd);
  return real(fd);
}
