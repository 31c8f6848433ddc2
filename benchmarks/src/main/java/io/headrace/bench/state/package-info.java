/** What durable state costs: what commits write, and how soon a shard with much of it goes on. */
@NullMarked
package io.headrace.bench.state;

import org.jspecify.annotations.NullMarked;
