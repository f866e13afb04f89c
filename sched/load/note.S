/*
 * note.S - what `make plugin` puts into an object: for which version of
 * sched.h it was compiled (tools/interface-version). object.c reads it.
 */
#include "sched_interface.h"

    .section .note.metronome, "", @note
    .balign 4
    .long 10                    /* size of the owner's name, */
    .long 8                     /* of the data */
    .long 1                     /* type: version of the interface */
    .asciz "Metronome"
    .balign 4
    .quad SCHED_INTERFACE

    .section .note.GNU-stack, "", @progbits
