// Options of descriptors that something else has opened and closes: Node's own sockets.
#ifndef HAWSER_DESCRIPTOR_H
#define HAWSER_DESCRIPTOR_H

#include "arguments.h"

// setDescriptorOption(descriptor, level, option, value)
napi_value set_descriptor_option(napi_env env, napi_callback_info info);

// getDescriptorOption(descriptor, level, option, out) -> bytes written to out
napi_value get_descriptor_option(napi_env env, napi_callback_info info);

// attachDescriptorFilter(descriptor, instructions)
napi_value attach_descriptor_filter(napi_env env, napi_callback_info info);

// Attaches a classic BPF program; 0 or an errno.
int attach_program(int descriptor, struct bytes program);

#endif
