/* Starts a program on an emulated Cortex-M4 board (QEMU's mps2-an386) and ends the emulator with
 * what main returns, or with FAULT: Arm semihosting, SYS_EXIT_EXTENDED. */
#include <stdint.h>

#define FAULT 99
#define CPACR (*(volatile uint32_t *)0xE000ED88) /* Armv7-M ARM, B3.2.20: access to the FPU */

extern uint32_t __stack_top[], __data_load[], __data_start[], __data_end[], __bss_end[];
int main(void);

static void leave(uint32_t status) {
    const uint32_t stopped[2] = {0x20026, status}; /* ADP_Stopped_ApplicationExit */
    register uint32_t operation __asm__("r0") = 0x20;
    register const uint32_t *argument __asm__("r1") = stopped;
    __asm__ volatile("bkpt 0xAB" : : "r"(operation), "r"(argument) : "memory");
    for (;;) {
    }
}

void fault(void) { leave(FAULT); }

void reset(void) {
    const uint32_t *from = __data_load;
    for (volatile uint32_t *to = __data_start; to < __data_end; to++) *to = *from++;
    for (volatile uint32_t *to = __data_end; to < __bss_end; to++) *to = 0;
    CPACR |= 0xFu << 20;
    leave((uint32_t)main());
}

__attribute__((section(".vectors"), used)) static void (*const vectors[16])(void) = {
    (void (*)(void))__stack_top, reset, fault, fault, fault, fault, fault,
};
