/** The words, the ports and the engine. */
@NullMarked
package io.headrace.kcl;

import org.jspecify.annotations.NullMarked;
