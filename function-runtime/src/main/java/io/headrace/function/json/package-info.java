/** JSON codecs; the only place that knows Jackson. */
@NullMarked
package io.headrace.function.json;

import org.jspecify.annotations.NullMarked;
