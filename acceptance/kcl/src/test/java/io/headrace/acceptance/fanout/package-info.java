/** Enhanced fan-out through everything that goes wrong with it, in real time and whole. */
@NullMarked
package io.headrace.acceptance.fanout;

import org.jspecify.annotations.NullMarked;
