/*
 * vga.c - the VGA text screen: characters and attributes at 0xb8000.
 *
 * Writes at the last line and scrolls. The hardware's memory is slow to read:
 * what it shows is kept in memory of ours, too. The hardware cursor is off.
 */
#include <string.h>
#include "xen/arch/x86/cpu.h"
#include "xen/arch/x86/vga.h"
#include "xen/arch/x86/directmap.h"
#include "xen/arch/x86/paging.h"

#define ATTRIBUTE 0x0700 /* light grey on black */
#define CRTC      0x3d4
#define CELLS_MAX 8192u

/* Under the console lock. */
static struct {
    volatile uint16_t *cells; /* NULL: no text screen */
    paddr_t address;
    unsigned width, height, column;
    uint16_t shown[CELLS_MAX];
} vga;

static void set_cell(unsigned i, uint16_t value)
{
    if (vga.shown[i] == value)
        return;
    vga.shown[i] = value;
    vga.cells[i] = value;
}

static void new_line(void)
{
    unsigned last = (vga.height - 1) * vga.width;

    vga.column = 0;
    for (unsigned i = 0; i < last; i++)
        set_cell(i, vga.shown[i + vga.width]);
    for (unsigned i = 0; i < vga.width; i++)
        set_cell(last + i, ATTRIBUTE | ' ');
}

void vga_init(const struct boot_info *info)
{
    if (info->screen != BOOT_SCREEN_TEXT || info->screen_height < 2 ||
        info->screen_width > 256 || info->screen_height > 256 ||
        info->screen_width * info->screen_height > CELLS_MAX)
        return;
    vga.cells = paddr_to_virt(info->screen_address);
    vga.address = info->screen_address;
    vga.width = info->screen_width;
    vga.height = info->screen_height;
    for (unsigned i = 0; i < vga.height * vga.width; i++)
        set_cell(i, ATTRIBUTE | ' ');
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
        set_cell((vga.height - 1) * vga.width + vga.column++,
                 (uint16_t)(ATTRIBUTE | (unsigned char)*text));
    }
}
