# make plugin DIR=path/to/NAME: a folder outside of this tree (or in it), as one
# object, build/plugins/NAME.o, that the hypervisor and schedsim load; with
# debugging information it is build/plugins/NAME/debug.o. Its test_*.c are not
# part of it: `make plugin-test DIR=...` runs them.

# The version of the interface is a hash of the front door without its comments.
# Each line of that header begins with a hash sign, so that for make, which
# remakes what it includes before all else, it is an empty makefile.
INTERFACE := sched/api/sched.h sched/api/queue.h xen/lib/cpuset.h xen/lib/types.h
$(BUILD)/gen/sched_interface.h: $(INTERFACE) tools/interface-version
	@mkdir -p $(@D)
	@tools/interface-version $(INTERFACE) > $@.new && mv $@.new $@
-include $(BUILD)/gen/sched_interface.h

PLUGIN_DIR = $(patsubst %/,%,$(abspath $(DIR)))
PLUGIN_NAME = $(notdir $(PLUGIN_DIR))
PLUGIN_OUT = $(BUILD)/plugins/$(PLUGIN_NAME)
PLUGIN_FILES = $(filter-out $(PLUGIN_DIR)/test_%,$(wildcard $(PLUGIN_DIR)/*.c))
PLUGIN_OBJECTS = $(PLUGIN_FILES:$(PLUGIN_DIR)/%.c=$(PLUGIN_OUT)/%.o)

.PHONY: plugin plugin-dir
plugin: plugin-dir ## compile DIR=path/to/NAME to build/plugins/NAME.o
	@$(MAKE) --no-print-directory $(PLUGIN_OUT).o
	@echo "$(PLUGIN_OUT).o: a scheduler to load, version" \
	    "$$(sed 's/.* 0x//' $(BUILD)/gen/sched_interface.h)"

plugin-dir:
	@tools/plugin-dir "$(DIR)"

# Compiled always: what it depends on lies elsewhere, and it takes a second.
ifdef DIR
.PHONY: $(PLUGIN_OUT).o
$(PLUGIN_OUT).o: $(BUILD)/gen/asm-offsets.h
	@rm -rf $(PLUGIN_OUT) && mkdir -p $(PLUGIN_OUT)
	$(foreach f,$(PLUGIN_FILES),$(CC) $(HV_CFLAGS) -c $f \
	    -o $(f:$(PLUGIN_DIR)/%.c=$(PLUGIN_OUT)/%.o) &&) true
	tools/check-plugins $(PLUGIN_OUT)
	$(CC) $(HV_ASFLAGS) -c -o $(PLUGIN_OUT)/note.o sched/load/note.S
	ld -r -T sched/load/plugin.lds -o $(PLUGIN_OUT)/debug.o \
	    $(PLUGIN_OBJECTS) $(PLUGIN_OUT)/note.o
	objcopy --strip-debug $(PLUGIN_OUT)/debug.o $@
endif
