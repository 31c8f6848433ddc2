/** Headrace for applications that are wired by Guice. The only user of it in this module. */
@NullMarked
package io.headrace.function.guice;

import org.jspecify.annotations.NullMarked;
