/* SPDX-License-Identifier: MIT
 * Hooks of an emulator: how long a core waits for flash. Not for the device.
 * See ecglib/device/flash.py, which says what is modelled and lays out the same structs.
 */
#ifndef FLASH_H
#define FLASH_H

#include <stdint.h>

#define LINE_BITS 4 /* lines of 128 bits */
#define CODE_LINES 64
#define DATA_LINES 8

/* Numbers of lines, the one used last first. */
typedef struct {
    uint32_t line[CODE_LINES], used;
} flash_cache;

typedef struct {
    const uint8_t *memory; /* the flash: so many bytes from the address `start` on */
    uint32_t start, bytes;
    uint32_t wait_states;
    uint32_t line, executed; /* the line that runs, and how many of its instructions have */
    uint64_t waits;
    flash_cache code, data;
} flash;

/* Whether the line is there; it comes to the front. */
static int is_cached(flash_cache *cache, uint32_t line) {
    uint32_t i = 0;
    while (i < cache->used && cache->line[i] != line) i++;
    if (i == cache->used) return 0;
    for (; i; i--) cache->line[i] = cache->line[i - 1];
    cache->line[0] = line;
    return 1;
}

/* In front; of more than `lines` the one longest unused goes. */
static void put_in_cache(flash_cache *cache, uint32_t line, uint32_t lines) {
    if (cache->used < lines) cache->used++;
    for (uint32_t i = cache->used - 1; i; i--) cache->line[i] = cache->line[i - 1];
    cache->line[0] = line;
}

static void enter(flash *f, uint32_t line) {
    uint32_t wait = f->wait_states;
    if (line == f->line) return;
    if (line == f->line + 1) /* it has been read since the line before was entered */
        wait = f->executed <= wait ? wait + 1 - f->executed : 0;
    f->line = line, f->executed = 0;
    if (wait == 0 || is_cached(&f->code, line)) return;
    f->waits += wait;
    put_in_cache(&f->code, line, CODE_LINES);
}

/* Called at the start of each block. */
void on_fetch(void *engine, uint64_t block, uint32_t size, void *data) {
    flash *f = data;
    uint32_t at = (uint32_t)block - f->start, end = at + size;
    (void)engine;
    if ((uint32_t)block < f->start || end > f->bytes) return;
    while (at < end) {
        enter(f, (f->start + at) >> LINE_BITS);
        f->executed++;
        at += f->memory[at + 1] >= 0xE8 ? 4 : 2; /* Thumb: the first halfword tells a wide one */
    }
}

/* Called before each load from the flash. */
void on_constant(void *engine, int access, uint64_t address, int size, int64_t value, void *data) {
    flash *f = data;
    const uint32_t line = (uint32_t)address >> LINE_BITS;
    (void)engine, (void)access, (void)size, (void)value;
    if (is_cached(&f->data, line)) return;
    f->waits += f->wait_states;
    put_in_cache(&f->data, line, DATA_LINES);
}

#endif
