/** The one seam for time, order and threads. */
@NullMarked
package io.headrace.kcl.loop;

import org.jspecify.annotations.NullMarked;
