/** How streams are written down: the state of a stream as JSON. */
@NullMarked
package io.headrace.local.store;

import org.jspecify.annotations.NullMarked;
