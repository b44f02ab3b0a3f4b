/* SPDX-License-Identifier: MIT
 * Hooks of an emulator: how often execution goes from block to block. Not for the device.
 * See ecglib/device/hooks.py, which lays out the same structs.
 */
#ifndef EDGES_H
#define EDGES_H

#include <stdint.h>

/* A block is an address and the bytes of its instructions; 0, 0 is outside. */
typedef struct {
    uint32_t before, before_size, block, size, instructions, times;
} edge;

typedef struct {
    const uint8_t *code; /* the flash: so many bytes from the address `start` on */
    uint32_t start, bytes;
    uint32_t places; /* in `edges`, a power of two */
    edge *edges;     /* empty where `times` is 0 */
    uint32_t used;
    uint32_t block, size; /* the last block that was entered */
    int64_t left;         /* instructions of the budget; below 0 the run is stopped */
    int (*stop)(void *engine);
    void (*unaligned)(void *engine, int access, uint64_t address, int size, int64_t value,
                      void *data);
} counter;

/* Thumb: the first halfword tells a wide instruction. Outside the flash nothing can be told. */
static uint32_t instructions_of(const counter *c, uint32_t block, uint32_t size) {
    uint32_t n = 0, at = block - c->start, end = at + size;
    if (block < c->start || end > c->bytes) return 0;
    for (; at < end; n++) at += c->code[at + 1] >= 0xE8 ? 4 : 2;
    return n;
}

static edge *edge_to(counter *c, uint32_t block, uint32_t size) {
    uint32_t i = (c->block * 31 + block) * 2654435761u >> 8;
    for (;; i++) {
        edge *e = c->edges + (i & (c->places - 1));
        if (e->times == 0) {
            *e = (edge){c->block, c->size, block, size, instructions_of(c, block, size), 0};
            c->used++;
            return e;
        }
        if (e->block == block && e->size == size && e->before == c->block &&
            e->before_size == c->size)
            return e;
    }
}

/* One place stays empty, for the search to end at. */
static int is_over(const counter *c) { return c->left < 0 || c->used == c->places - 1; }

/* Called at the start of each block. */
void on_block(void *engine, uint64_t block, uint32_t size, void *data) {
    counter *c = data;
    if (!is_over(c)) {
        edge *e = edge_to(c, (uint32_t)block, size);
        e->times++;
        c->block = (uint32_t)block;
        c->size = size;
        c->left -= e->instructions;
    }
    if (is_over(c)) c->stop(engine);
}

/* Called before each load and store; hands on the few that are not aligned. */
void on_access(void *engine, int access, uint64_t address, int size, int64_t value, void *data) {
    counter *c = data;
    if (address % (size < 4 ? size : 4)) c->unaligned(engine, access, address, size, value, 0);
}

#endif
