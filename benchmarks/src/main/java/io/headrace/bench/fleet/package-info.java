/** {@code bench fleet}: what happens to a fleet of workers, ours beside the KCL's. */
@NullMarked
package io.headrace.bench.fleet;

import org.jspecify.annotations.NullMarked;
