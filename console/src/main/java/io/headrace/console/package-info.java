/** The headrace command. */
@NullMarked
package io.headrace.console;

import org.jspecify.annotations.NullMarked;
