/** The pieces that every record goes through, one by one, with JMH. */
@NullMarked
package io.headrace.bench.pieces;

import org.jspecify.annotations.NullMarked;
