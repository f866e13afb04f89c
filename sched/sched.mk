# Programs on the host that use the scheduler core: the rules are in the *.mk
# beside what they build.
include $(sort $(wildcard sched/*/*.mk))
