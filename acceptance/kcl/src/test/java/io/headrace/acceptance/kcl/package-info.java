/** The Amazon Kinesis Client Library reads from the local Kinesis, as its users run it. */
@NullMarked
package io.headrace.acceptance.kcl;

import org.jspecify.annotations.NullMarked;
