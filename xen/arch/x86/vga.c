/*
 * vga.c - the VGA text screen: characters and attributes at 0xb8000.
 *
 * Writes at the last line and scrolls by copying. The hardware cursor is left
 * off, below the screen.
 */
#include <string.h>
#include "xen/arch/x86/cpu.h"
#include "xen/arch/x86/vga.h"
#include "xen/arch/x86/directmap.h"
#include "xen/arch/x86/paging.h"

#define ATTRIBUTE 0x0700 /* light grey on black */
#define CRTC      0x3d4

/* Under the console lock. */
static struct {
    volatile uint16_t *cells; /* NULL: no text screen */
    paddr_t address;
    unsigned width, height, column;
} vga;

static void clear_line(unsigned line)
{
    for (unsigned i = 0; i < vga.width; i++)
        vga.cells[line * vga.width + i] = ATTRIBUTE | ' ';
}

static void new_line(void)
{
    vga.column = 0;
    for (unsigned i = 0; i < (vga.height - 1) * vga.width; i++)
        vga.cells[i] = vga.cells[i + vga.width];
    clear_line(vga.height - 1);
}

void vga_init(const struct boot_info *info)
{
    if (info->screen != BOOT_SCREEN_TEXT || info->screen_width > 256 ||
        info->screen_height < 2)
        return;
    vga.cells = paddr_to_virt(info->screen_address);
    vga.address = info->screen_address;
    vga.width = info->screen_width;
    vga.height = info->screen_height;
    for (unsigned i = 0; i < vga.height; i++)
        clear_line(i);
    outb(CRTC, 0x0a);
    outb(CRTC + 1, 0x20); /* cursor off */
}

void vga_map(void)
{
    if (vga.cells)
        vga.cells = map_device(vga.address, vga.width * vga.height * 2);
}

void vga_write(const char *text, size_t length)
{
    if (!vga.cells)
        return;
    for (; length; length--, text++) {
        if (*text == '\n' || vga.column == vga.width)
            new_line();
        if (*text == '\r')
            vga.column = 0;
        if ((unsigned char)*text < ' ')
            continue;
        vga.cells[(vga.height - 1) * vga.width + vga.column++] =
            (uint16_t)(ATTRIBUTE | (unsigned char)*text);
    }
}
