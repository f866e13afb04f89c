# Host unit tests: cmocka programs under ASan and UBSan.
#
# A fragment tests/NAME/NAME.mk adds its programs to HOST_TESTS, each as
# $(BUILD)/tests/PROGRAM, with a rule that uses HOST_TEST_CFLAGS; pytest runs
# every program in $(BUILD)/tests (tests/host/test_host.py).
HOST_TEST_CFLAGS := -std=gnu11 -O1 -g -fno-omit-frame-pointer $(WARN) $(INC) \
    $(ABI) -include xen/lib/compiler.h \
    -fsanitize=address,undefined -fno-sanitize-recover=all
HOST_TESTS :=

include $(sort $(wildcard tests/*/*.mk))

.PHONY: host-tests
host-tests: $(HOST_TESTS)
.PHONY: list-host-tests
list-host-tests:
	@echo $(HOST_TESTS)
