/** The Amazon Kinesis Client Library, beside which ours is measured. */
@NullMarked
package io.headrace.bench.kcl;

import org.jspecify.annotations.NullMarked;
