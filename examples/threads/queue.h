/* Stands for the pool that your program has: threads that take jobs from a
 * queue. queue_parallel() is what it takes to let networks use it. */
#ifndef QUEUE_H
#define QUEUE_H

#include "aotc/abi.h"

typedef struct queue queue;

queue *queue_create(unsigned threads); /* null when there is no memory or no thread */
void queue_destroy(queue *q);          /* runs what is queued */
int queue_submit(queue *q, void (*job)(void *argument), void *argument); /* 0 when there is no memory */

/* Valid as long as the queue. */
aotc_parallel queue_parallel(queue *q);

#endif
