/*
 * bug.h - our own faults. A guest's fault is an error or a domain_crash().
 *
 * ASSERT: in debug builds; no side effects. BUG_ON: always, where going on
 * would break isolation. Both end in bug(), which the hypervisor's panic (or
 * the host's abort) supplies.
 */
#ifndef XEN_LIB_BUG_H
#define XEN_LIB_BUG_H

void bug(const char *what, const char *file, unsigned line) NORETURN;

#define BUG_ON(cond) ((cond) ? bug(#cond, __FILE__, __LINE__) : (void)0)
#define BUG()        bug("reached", __FILE__, __LINE__)
#ifdef NDEBUG
#define ASSERT(cond) ((void)sizeof(cond))
#else
#define ASSERT(cond)                                                           \
    (likely(cond) ? (void)0 : bug("not " #cond, __FILE__, __LINE__))
#endif

#endif
