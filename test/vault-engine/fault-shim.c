// Loaded into the engine before libc (LD_PRELOAD): the n-th call of a kind that goes to a file of
// the vault fails, or writes a part. Counting begins when the control file says so.
//
// FAULT_DIRECTORY  only files below it are looked at, and not the file of the lock
// FAULT_CONTROL    a file whose first byte says: 0 nothing yet, 1 calls are counted, 2 the disk is
//                  read-only: whatever would change something gets EROFS, 3 it is slow: a flush
//                  of a segment takes 300 ms longer
// FAULT_LOG        gets a line for each fault that was done
// FAULT_LIST       `pwrite:12:EIO,fdatasync:3:ENOSPC,pwrite:7:short`, counted from 1

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

enum call { PWRITE, FDATASYNC, FSYNC, OPEN, RENAME, UNLINK, FTRUNCATE, CALLS };
static const char *const call_names[CALLS] = {"pwrite", "fdatasync", "fsync",    "open",
                                              "rename", "unlink",    "ftruncate"};
struct fault {
  enum call call;
  unsigned nth;
  int error; // 0: a part is written
};

static struct fault faults[256];
static unsigned fault_count;
static atomic_uint counts[CALLS];
static atomic_int short_fd = -1; // its next write has no room
static const volatile unsigned char *control;
static char directory[4096];
static int log_fd = -1;

static int error_of(const char *name) {
  if (strcmp(name, "EIO") == 0) return EIO;
  if (strcmp(name, "ENOSPC") == 0) return ENOSPC;
  if (strcmp(name, "EROFS") == 0) return EROFS;
  if (strcmp(name, "EDQUOT") == 0) return EDQUOT;
  if (strcmp(name, "EMFILE") == 0) return EMFILE;
  if (strcmp(name, "ENOMEM") == 0) return ENOMEM;
  return 0;
}

__attribute__((constructor)) static void begin(void) {
  const char *under = getenv("FAULT_DIRECTORY"), *path = getenv("FAULT_CONTROL");
  const char *list = getenv("FAULT_LIST"), *log = getenv("FAULT_LOG");
  if (under == NULL || path == NULL || list == NULL || log == NULL) return;
  snprintf(directory, sizeof directory, "%s/", under);
  char *copy = strdup(list), *rest = NULL;
  for (char *word = strtok_r(copy, ",", &rest); word; word = strtok_r(NULL, ",", &rest)) {
    char name[32], error[32];
    unsigned nth;
    if (sscanf(word, "%31[^:]:%u:%31s", name, &nth, error) != 3) abort();
    for (int call = 0; call < CALLS && fault_count < 256; call += 1) {
      if (strcmp(name, call_names[call]) != 0) continue;
      faults[fault_count++] = (struct fault){call, nth, error_of(error)};
    }
  }
  free(copy);
  log_fd = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) abort();
  void *page = mmap(NULL, 1, PROT_READ, MAP_SHARED, fd, 0);
  if (page == MAP_FAILED) abort();
  control = page;
  close(fd);
}

// -1: the call goes on as it is.
static int fault_of(enum call call, const char *path) {
  if (control == NULL || control[0] == 0) return -1;
  size_t length = strlen(directory);
  if (strncmp(path, directory, length) != 0 || strstr(path, "LOCK.db") != NULL) return -1;
  if (control[0] == 3) {
    if (call == FDATASYNC && strstr(path, ".vlt") != NULL) usleep(300 * 1000);
    return -1;
  }
  if (control[0] == 2) return call == OPEN || call == FSYNC || call == FDATASYNC ? -1 : EROFS;
  unsigned nth = atomic_fetch_add(&counts[call], 1) + 1;
  for (unsigned index = 0; index < fault_count; index += 1) {
    const struct fault *fault = &faults[index];
    if (fault->call != call || fault->nth != nth) continue;
    dprintf(log_fd, "%s %u %s %s\n", call_names[call], nth,
            fault->error ? strerrorname_np(fault->error) : "short", path + length);
    return fault->error;
  }
  return -1;
}

static int fault_of_fd(enum call call, int fd) {
  if (control == NULL || control[0] == 0) return -1;
  char link[64], path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length < 0) return -1;
  path[length] = 0;
  return fault_of(call, path);
}

#define REAL(type, name) \
  static type (*real)();  \
  if (real == NULL) real = (type(*)())dlsym(RTLD_NEXT, name)

#define FAIL(error)   \
  do {                \
    errno = (error);  \
    return -1;        \
  } while (0)

ssize_t pwrite64(int fd, const void *bytes, size_t count, off_t at) {
  REAL(ssize_t, "pwrite64");
  int expected = fd;
  if (fd >= 0 && atomic_compare_exchange_strong(&short_fd, &expected, -1)) FAIL(ENOSPC);
  int error = fault_of_fd(PWRITE, fd);
  if (error > 0) FAIL(error);
  size_t part = count / 2 / 4096 * 4096;
  if (error == 0 && part == 0) FAIL(ENOSPC);
  if (error == 0) {
    atomic_store(&short_fd, fd);
    return real(fd, bytes, part, at);
  }
  return real(fd, bytes, count, at);
}

int fdatasync(int fd) {
  REAL(int, "fdatasync");
  int error = fault_of_fd(FDATASYNC, fd);
  if (error > 0) FAIL(error);
  return real(fd);
}

int fsync(int fd) {
  REAL(int, "fsync");
  int error = fault_of_fd(FSYNC, fd);
  if (error > 0) FAIL(error);
  return real(fd);
}

int ftruncate64(int fd, off_t length) {
  REAL(int, "ftruncate64");
  int error = fault_of_fd(FTRUNCATE, fd);
  if (error > 0) FAIL(error);
  return real(fd, length);
}

int rename(const char *from, const char *to) {
  REAL(int, "rename");
  int error = fault_of(RENAME, from);
  if (error > 0) FAIL(error);
  return real(from, to);
}

int unlink(const char *path) {
  REAL(int, "unlink");
  int error = fault_of(UNLINK, path);
  if (error > 0) FAIL(error);
  return real(path);
}

static int open_mode(int flags, va_list arguments) {
  return flags & (O_CREAT | O_TMPFILE) ? va_arg(arguments, int) : 0;
}

static int open_fault(const char *path, int flags) {
  int changes = (flags & O_ACCMODE) != O_RDONLY || (flags & O_CREAT);
  if (control != NULL && control[0] == 2) return changes ? fault_of(RENAME, path) : -1;
  return fault_of(OPEN, path);
}

int open64(const char *path, int flags, ...) {
  REAL(int, "open64");
  va_list arguments;
  va_start(arguments, flags);
  int mode = open_mode(flags, arguments);
  va_end(arguments);
  int error = open_fault(path, flags);
  if (error > 0) FAIL(error);
  return real(path, flags, mode);
}

int open(const char *path, int flags, ...) {
  REAL(int, "open");
  va_list arguments;
  va_start(arguments, flags);
  int mode = open_mode(flags, arguments);
  va_end(arguments);
  int error = open_fault(path, flags);
  if (error > 0) FAIL(error);
  return real(path, flags, mode);
}
