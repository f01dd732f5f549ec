#include "runtime/threads/wait.h"

#if defined(__linux__) && !defined(AOTC_PORTABLE_WAIT)

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

void aotc_wait(_Atomic uint32_t *word, uint32_t value) {
  syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, NULL, NULL, 0);
}

void aotc_wake(_Atomic uint32_t *word, uint32_t count) {
  syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, count, NULL, NULL, 0);
}

void aotc_wait_after_fork(void) {}

#else

#include <pthread.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;

void aotc_wait(_Atomic uint32_t *word, uint32_t value) {
  pthread_mutex_lock(&lock);
  if (atomic_load(word) == value)
    pthread_cond_wait(&changed, &lock);
  pthread_mutex_unlock(&lock);
}

void aotc_wake(_Atomic uint32_t *word, uint32_t count) {
  (void)word;
  (void)count; /* threads that wait for other words wake as well */
  pthread_mutex_lock(&lock);
  pthread_cond_broadcast(&changed);
  pthread_mutex_unlock(&lock);
}

void aotc_wait_after_fork(void) {
  pthread_mutex_init(&lock, NULL);
  pthread_cond_init(&changed, NULL);
}

#endif
