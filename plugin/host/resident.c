#define _GNU_SOURCE
#include <link.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include "resident.h"

/* Something in the shared object. */
static const char here;

/* Whether this is the shared object that the code is in. */
static int is_ours(const struct dl_phdr_info *info)
{
    ElfW(Half) i;

    for (i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &info->dlpi_phdr[i];

        if (part->p_type == PT_LOAD && (uintptr_t) &here - (info->dlpi_addr + part->p_vaddr) < part->p_memsz) {
            return 1;
        }
    }
    return 0;
}

/* Whether the dynamic linker has written to code: then no page can be had again from the file. */
static int has_relocated_code(const struct dl_phdr_info *info)
{
    ElfW(Half) i;

    for (i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Dyn) *entry;

        if (info->dlpi_phdr[i].p_type != PT_DYNAMIC) {
            continue;
        }
        for (entry = (const ElfW(Dyn) *) (info->dlpi_addr + info->dlpi_phdr[i].p_vaddr); entry->d_tag != DT_NULL; entry++) {
            if (entry->d_tag == DT_TEXTREL || (entry->d_tag == DT_FLAGS && (entry->d_un.d_val & DF_TEXTREL))) {
                return 1;
            }
        }
    }
    return 0;
}

/*
 * From 6.18 on Linux maps the whole folio of its page cache for each page that is
 * touched, up to 2 MB of it, but nothing beyond a mapping. Advice that every second
 * stripe gets makes each stripe a mapping of its own. The advice itself changes nothing
 * here. Earlier versions map 64 KB anyway.
 */
enum { STRIPE = 128 << 10 };

static void divide(uintptr_t start, uintptr_t end)
{
    uintptr_t at;

    for (at = (start + STRIPE - 1) & ~(uintptr_t) (STRIPE - 1); at + STRIPE <= end; at += 2 * STRIPE) {
        if (madvise((void *) at, STRIPE, MADV_NOHUGEPAGE) != 0) {
            return;
        }
    }
}

static int leave(struct dl_phdr_info *info, size_t size, void *data)
{
    uintptr_t page = (uintptr_t) sysconf(_SC_PAGESIZE);
    ElfW(Half) i;

    (void) size;
    (void) data;
    if (!is_ours(info)) {
        return 0;
    }
    for (i = 0; i < info->dlpi_phnum && !has_relocated_code(info); i++) {
        const ElfW(Phdr) *part = &info->dlpi_phdr[i];
        uintptr_t start = (info->dlpi_addr + part->p_vaddr + page - 1) & ~(page - 1);
        uintptr_t end = (info->dlpi_addr + part->p_vaddr + part->p_memsz) & ~(page - 1);

        if (part->p_type == PT_LOAD && (part->p_flags & PF_W) == 0 && start < end) {
            divide(start, end);
            madvise((void *) start, end - start, MADV_DONTNEED);
        }
    }
    return 1;
}

void trailwire_leave_file(void)
{
    dl_iterate_phdr(leave, NULL);
}
