/** Filters in the language of Amazon EventBridge; fences event-ruler. */
@NullMarked
package io.headrace.function.filter;

import org.jspecify.annotations.NullMarked;
