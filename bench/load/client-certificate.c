// Gives h2load a client certificate, for which it has no option: preloaded into it, this wraps
// SSL_CTX_new and loads the files that two environment variables name. Built by h2-load.ts.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

// OpenSSL 3's own declarations, repeated here so that its headers are not needed.
extern int SSL_CTX_use_certificate_chain_file(void *context, const char *path);
extern int SSL_CTX_use_PrivateKey_file(void *context, const char *path, int type);
static const int pem = 1;

void *SSL_CTX_new(const void *method) {
  void *(*original)(const void *) = (void *(*)(const void *))dlsym(RTLD_NEXT, "SSL_CTX_new");
  void *context = original(method);
  const char *certificate = getenv("BENCH_CLIENT_CERTIFICATE");
  const char *key = getenv("BENCH_CLIENT_KEY");
  if (context == NULL || certificate == NULL || key == NULL) return context;
  if (SSL_CTX_use_certificate_chain_file(context, certificate) != 1 ||
      SSL_CTX_use_PrivateKey_file(context, key, pem) != 1) {
    fprintf(stderr, "cannot load %s and %s\n", certificate, key);
    exit(1);
  }
  return context;
}
