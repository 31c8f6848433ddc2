/**
 * How requests and answers are worded: actions declared as data, which drive parsing, validation
 * and both encodings ({@link io.headrace.local.protocol.Protocol}). The only package that knows
 * Jackson.
 */
@NullMarked
package io.headrace.local.protocol;

import org.jspecify.annotations.NullMarked;
