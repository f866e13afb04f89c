/*
 * ring.pml - the ring of trace/ring.c, all interleavings, for spin.
 *
 * A CPU writes records in three nested contexts: its usual one, an interrupt
 * and an NMI. An inner context runs to its end before an outer one goes on
 * (the `provided` clauses). One consumer runs on another CPU. A statement here
 * is one access to memory there; an atomic{} is one instruction.
 *
 * Small: 5 units of data, records of 2 units (so that a lap ends with filler),
 * lost_records of 1. A position is lap * 8 + offset, as lap << 32 | offset
 * there. What a consumer has taken is emptied, so that a record written over
 * an unread one, or read before it is written, is seen.
 *
 * Proved: no record is torn, doubled, or read before it is complete; none is
 * overwritten before it is read; prod never goes back; every record is taken
 * or counted as lost.
 *
 * With OVERWRITE (`trace_overwrite`): the producer lets the oldest go when there
 * is no room. The consumer is trace/recent.c's walk, from the beginning of the
 * last lap, at any time; and one that reads all when nothing happens any more.
 * Here memory keeps what was in it, and `live` says what may not be written over.
 * Proved: only complete records go; none that is in the ring is written over;
 * what the walk believes is a record, whole; every one is in the ring, has gone,
 * or is counted as lost; prod never goes back.
 */
#define SIZE   5
#define REC    2
#define LOSTR  1
#define FILLER 100
#define LOST   101

#ifndef USUAL
#define USUAL 3 /* records of the usual context */
#endif
#ifndef IRQS
#define IRQS 2
#endif
#ifndef NMIS
#define NMIS 1
#endif
#define ALL (USUAL + IRQS + NMIS)

byte data[SIZE];
byte count[SIZE];  /* of a lost_records */
byte seen[ALL + 1];

byte pos, end, done, lost, lost_total;
byte tail;       /* with OVERWRITE: the oldest record's place */
bool live[SIZE]; /* with OVERWRITE: a record of the ring is here */
byte prod, cons;
byte taken, told; /* the consumer's sums */
byte finished;
bool irq, nmi;

#define OFF(p)     ((p) % 8)
#define LAP(p)     ((p) / 8)
#define USED(p, c) ((LAP(p) - LAP(c)) * SIZE + OFF(p) - OFF(c))

#ifdef OVERWRITE
inline put(at, what)
{
    d_step {
        assert(at < SIZE && !live[at]);
        live[at] = true;
        data[at] = what
    }
}

/* What has left the ring at position x: once, and whole. */
inline leaves(x)
{
    assert(live[OFF(x)] && data[OFF(x)] != 0);
    live[OFF(x)] = false;
    if
    :: data[OFF(x)] == FILLER -> skip
    :: data[OFF(x)] == LOST -> told = told + count[OFF(x)]
    :: else ->
        assert(data[OFF(x) + 1] == data[OFF(x)] && live[OFF(x) + 1]);
        live[OFF(x) + 1] = false;
        seen[data[OFF(x)]]++;
        assert(seen[data[OFF(x)]] == 1);
        taken++
    fi
}
#else
/* Write `what` to a unit: it must have been read, and emptied. */
inline put(at, what)
{
    assert(at < SIZE && data[at] == 0);
    data[at] = what;
}
#endif

/* The place behind what is at x, if it is `what`. */
inline step(x, what, to)
{
    if
    :: what == FILLER -> to = (LAP(x) + 1) * 8
    :: what == LOST -> to = x + LOSTR
    :: else -> to = x + REC
    fi;
    if
    :: OFF(to) >= SIZE -> to = (LAP(to) + 1) * 8
    :: else
    fi
}

/* discard(): let the oldest record go, if it is complete. What is read of it
 * may be a nested context's, which has moved the tail then. */
inline discard()
{
    c = tail;
    q = done;
    ok = (c != q);
    if
    :: ok ->
        at = data[OFF(c)];
        step(c, at, n);
        atomic {
            if
            :: tail == c -> leaves(c); tail = n; at = 1
            :: else -> at = 0
            fi
        }
        if
        :: at == 1 ->
            follow:
            q = tail;
            cons = q;
            if
            :: q != tail -> goto follow
            :: else
            fi
        :: else
        fi
    :: else
    fi
}

inline slowly(id)
{
    skip;
    again:
    l = (lost > 0 -> LOSTR : 0);
    p = pos;
    if
    :: OFF(p) + REC + l < SIZE -> f = 0; n = p + REC + l
    :: else -> f = SIZE - OFF(p); n = (LAP(p) + 1) * 8 + REC + l
    fi;
    u = USED(p, cons);
    if
    :: SIZE - u < f + REC + l ->
#ifdef OVERWRITE
        discard();
        if
        :: ok -> goto again
        :: else
        fi;
#endif
        lost++;
        lost_total++;
        end = 0;
        ok = false;
        goto out
    :: else
    fi;
    atomic {
        if
        :: pos == p -> pos = n; ok = true
        :: else -> ok = false
        fi
    }
    if
    :: !ok -> goto again
    :: else
    fi;
    e = OFF(n) + SIZE - u - f - REC - l;
    end = LAP(n) * 8 + (e > SIZE - 1 -> SIZE - 1 : e);
    if
    :: l > 0 ->
        skip;
        claim:
        c = lost;
        atomic {
            if
            :: lost == c -> lost = 0
            :: else -> goto claim
            fi
        }
        d_step { put(OFF(n) - REC - l, LOST); count[OFF(n) - REC - l] = c }
    :: else
    fi;
    if
    :: lost > 0 -> end = 0
    :: else
    fi;
    if
    :: f > 0 -> put(OFF(p), FILLER)
    :: else
    fi;
    at = OFF(n) - REC
}

inline emit(id)
{
    p = pos;
    e = end;
    if
    :: p + REC <= e ->
        atomic {
            if
            :: pos == p -> pos = p + REC; ok = true
            :: else -> ok = false
            fi
        }
    :: else -> ok = false
    fi;
    if
    :: ok -> at = OFF(p)
    :: else -> slowly(id)
    fi;
    put(at, id);
    put(at + 1, id);
    if
    :: done != p -> skip /* below an incomplete one */
    :: else ->
        q = pos;
        publish:
        assert(q >= prod);
        prod = q;
        done = q;
        if
        :: pos != q ->
            q = pos;
            if
            :: done < q -> goto publish /* came before the store */
            :: else -> skip             /* came behind it, and published */
            fi
        :: else
        fi
    fi;
    out:
    skip
}

#define LOCALS byte p, n, u, e, f, l, c, q, at; bool ok

/* Each context writes records of its own numbers, one after the other. */
proctype usual() provided (!irq && !nmi)
{
    LOCALS;
    byte id = 1;

    do
    :: id <= USUAL -> emit(id); id++
    :: else -> break
    od;
    finished++
}

proctype interrupt() provided (!nmi)
{
    LOCALS;
    byte id = USUAL + 1;

    do
    :: id <= USUAL + IRQS ->
        irq = true;
        emit(id);
        id++;
        irq = false
    :: else -> break
    od;
    finished++
}

proctype non_maskable()
{
    LOCALS;
    byte id = USUAL + IRQS + 1;

    do
    :: id <= ALL ->
        nmi = true;
        emit(id);
        id++;
        nmi = false
    :: else -> break
    od;
    finished++
}

#ifdef OVERWRITE
#define LINEAR(p) (LAP(p) * SIZE + OFF(p))

/* What is still in the ring when all is over. */
inline read_the_rest()
{
    assert(cons == tail && done == pos && prod == pos);
    do
    :: tail == done -> break
    :: else ->
        what = data[OFF(tail)];
        d_step {
            leaves(tail);
            step(tail, what, at);
            tail = at
        }
    od
}

proctype consumer()
{
    byte to, at, what, second;

    to = prod;
    at = LAP(to) * 8;
    do
    :: at >= to -> break
    :: else ->
        what = data[OFF(at)];
        if
        :: what < FILLER && OFF(at) + 1 < SIZE -> second = data[OFF(at) + 1]
        :: else -> second = what
        fi;
        if
        :: LINEAR(pos) - LINEAR(at) > SIZE -> break /* perhaps overwritten */
        :: else
        fi;
        assert(what != 0 && second == what);
        step(at, what, at)
    od;
    finished == 3;
    read_the_rest();
    assert(taken + told + lost == ALL);
    assert(told + lost == lost_total);
    assert(taken > 0)
}
#else
proctype consumer()
{
    byte to, at, what;

    do
    :: cons != prod ->
        to = prod;
        do
        :: cons == to -> break
        :: else ->
            at = OFF(cons);
            what = data[at];
            assert(what != 0); /* complete */
            if
            :: what == FILLER ->
                d_step { data[at] = 0; cons = (LAP(cons) + 1) * 8 }
            :: what == LOST ->
                d_step {
                    told = told + count[at];
                    data[at] = 0;
                    cons = cons + LOSTR
                }
            :: else ->
                d_step {
                    assert(data[at + 1] == what); /* not torn */
                    seen[what]++;
                    assert(seen[what] == 1); /* not doubled */
                    taken++;
                    data[at] = 0;
                    data[at + 1] = 0;
                    cons = cons + REC
                }
            fi;
            /* An index is modulo twice the size: lap|SIZE is the next lap. */
            if
            :: OFF(cons) == SIZE -> cons = (LAP(cons) + 1) * 8
            :: else
            fi
        od
    :: finished == 3 && cons == prod -> break
    od;
    assert(taken + told + lost == ALL);
    assert(told + lost == lost_total)
}
#endif

init
{
    atomic {
        run usual();
        run interrupt();
        run non_maskable();
        run consumer()
    }
}
