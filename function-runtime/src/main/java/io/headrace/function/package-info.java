/** What a function author sees. */
@NullMarked
package io.headrace.function;

import org.jspecify.annotations.NullMarked;
