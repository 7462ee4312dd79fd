// A file system of one file, the image of a disk, by the kernel's FUSE protocol alone. Each write
// and each flush that reaches the image is appended to a log before it is answered, so that a test
// can say what a disk may hold that lost power at any moment. One thread: the order of the log is
// the order of the answers.
//
// Usage: logged-image <image> <mount point, a file> <index> <data>; says "mounted" when it is.
// index: 24 bytes for each call: u32 kind (1 write, 2 flush), u32 length, u64 offset in the image,
// u64 offset in data. Ends when it is unmounted.

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum { writeSizeBytesMax = 1 << 20, requestSizeBytesMax = writeSizeBytesMax + 4096 };
enum { kindWrite = 1, kindFlush = 2 };

struct indexed {
  uint32_t kind;
  uint32_t lengthBytes;
  uint64_t imageOffsetBytes;
  uint64_t dataOffsetBytes;
};

static int device, image, indexFile, dataFile;
static uint64_t imageSizeBytes, dataSizeBytes;
static char request[requestSizeBytesMax];
static char content[writeSizeBytesMax];

static void die(const char *what) {
  perror(what);
  exit(1);
}

static void answer(uint64_t unique, int error, const void *body, size_t bodySizeBytes) {
  if (error != 0) bodySizeBytes = 0;
  struct fuse_out_header header = {
      .len = sizeof header + bodySizeBytes, .error = -error, .unique = unique};
  struct iovec parts[2] = {{&header, sizeof header}, {(void *)body, bodySizeBytes}};
  // ENOENT: whoever asked does not wait any more.
  if (writev(device, parts, bodySizeBytes > 0 ? 2 : 1) < 0 && errno != ENOENT) die("answer");
}

static void putAll(int file, const void *bytes, size_t lengthBytes) {
  if (write(file, bytes, lengthBytes) != (ssize_t)lengthBytes) die("log");
}

static void note(uint32_t kind, uint64_t imageOffsetBytes, const void *bytes,
                 uint32_t lengthBytes) {
  struct indexed entry = {kind, lengthBytes, imageOffsetBytes, dataSizeBytes};
  if (lengthBytes > 0) putAll(dataFile, bytes, lengthBytes);
  dataSizeBytes += lengthBytes;
  putAll(indexFile, &entry, sizeof entry);
}

static void answerAttributes(uint64_t unique) {
  struct fuse_attr_out out = {.attr_valid = 3600};
  out.attr.ino = FUSE_ROOT_ID;
  out.attr.mode = S_IFREG | 0600;
  out.attr.nlink = 1;
  out.attr.size = imageSizeBytes;
  out.attr.blocks = imageSizeBytes / 512;
  out.attr.blksize = 4096;
  answer(unique, 0, &out, sizeof out);
}

static void answerInit(uint64_t unique, const struct fuse_init_in *in) {
  struct fuse_init_out out = {.major = FUSE_KERNEL_VERSION, .minor = FUSE_KERNEL_MINOR_VERSION};
  out.max_readahead = in->max_readahead;
  out.flags = in->flags & (FUSE_BIG_WRITES | FUSE_MAX_PAGES | FUSE_ASYNC_DIO);
  out.max_background = 64;
  out.congestion_threshold = 48;
  out.max_write = writeSizeBytesMax;
  out.max_pages = writeSizeBytesMax / 4096;
  out.time_gran = 1;
  answer(unique, 0, &out, sizeof out);
}

static void answerRead(uint64_t unique, const struct fuse_read_in *in) {
  size_t lengthBytes = in->size < sizeof content ? in->size : sizeof content;
  ssize_t count = pread(image, content, lengthBytes, in->offset);
  if (count < 0) answer(unique, errno, NULL, 0);
  else answer(unique, 0, content, count);
}

static void answerWrite(uint64_t unique, const struct fuse_write_in *in) {
  const char *bytes = (const char *)(in + 1);
  struct fuse_write_out out = {.size = in->size};
  if (in->offset + in->size > imageSizeBytes) return answer(unique, ENOSPC, NULL, 0);
  if (pwrite(image, bytes, in->size, in->offset) != (ssize_t)in->size) die("image");
  note(kindWrite, in->offset, bytes, in->size);
  answer(unique, 0, &out, sizeof out);
}

static void serve(const struct fuse_in_header *in) {
  const void *body = in + 1;
  uint64_t unique = in->unique;
  struct fuse_open_out opened = {.open_flags = FOPEN_DIRECT_IO};
  struct fuse_statfs_out status = {.st = {.bsize = 4096, .frsize = 4096, .namelen = 255}};
  switch (in->opcode) {
    case FUSE_INIT: return answerInit(unique, body);
    case FUSE_GETATTR:
    case FUSE_SETATTR: return answerAttributes(unique);
    case FUSE_OPEN: return answer(unique, 0, &opened, sizeof opened);
    case FUSE_READ: return answerRead(unique, body);
    case FUSE_WRITE: return answerWrite(unique, body);
    case FUSE_FSYNC:
      note(kindFlush, 0, NULL, 0);
      return answer(unique, 0, NULL, 0);
    case FUSE_STATFS: return answer(unique, 0, &status, sizeof status);
    case FUSE_FLUSH: // a descriptor is closed
    case FUSE_RELEASE:
    case FUSE_DESTROY: return answer(unique, 0, NULL, 0);
    case FUSE_FORGET:
    case FUSE_BATCH_FORGET:
    case FUSE_INTERRUPT: return; // no answer is wanted
    // Also FALLOCATE: what is to be zero is written then.
    default: return answer(unique, ENOSYS, NULL, 0);
  }
}

static int opened(const char *path, int flags) {
  int file = open(path, flags | O_CLOEXEC, 0600);
  if (file < 0) die(path);
  return file;
}

int main(int count, char **words) {
  if (count != 5) return 2;
  image = opened(words[1], O_RDWR);
  indexFile = opened(words[3], O_WRONLY | O_CREAT | O_APPEND);
  dataFile = opened(words[4], O_WRONLY | O_CREAT | O_APPEND);
  struct stat status;
  if (fstat(image, &status) != 0) die("image");
  imageSizeBytes = status.st_size;
  device = opened("/dev/fuse", O_RDWR);
  char options[100];
  snprintf(options, sizeof options, "fd=%d,rootmode=100600,user_id=0,group_id=0", device);
  if (mount("logged-image", words[2], "fuse", MS_NOSUID | MS_NODEV, options) != 0) die("mount");
  if (puts("mounted") < 0 || fflush(stdout) != 0) die("stdout");
  for (;;) {
    ssize_t sizeBytes = read(device, request, sizeof request);
    if (sizeBytes > 0) serve((const struct fuse_in_header *)request);
    else if (errno == ENODEV) return 0; // unmounted
    else if (errno != EINTR && errno != EAGAIN && errno != ENOENT) die("/dev/fuse");
  }
}
